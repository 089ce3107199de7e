icae_test(test_protocol test_protocol.cpp LIBRARIES icae_protocol)
