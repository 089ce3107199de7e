icae_test(test_verify test_verify.cpp LIBRARIES icae_check TORCH)
icae_test(test_training test_training.cpp LIBRARIES icae_check TORCH)
