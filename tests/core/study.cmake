icae_test(test_verify test_verify.cpp LIBRARIES icae_study TORCH)
icae_test(test_evaluate test_evaluate.cpp LIBRARIES icae_study TORCH)
