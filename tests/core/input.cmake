icae_test(test_input test_input.cpp LIBRARIES icae_input)
