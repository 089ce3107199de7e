icae_test(test_training test_training.cpp LIBRARIES icae_train TORCH)
