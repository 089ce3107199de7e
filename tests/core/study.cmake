icae_test(test_evaluate test_evaluate.cpp LIBRARIES icae_study TORCH)
