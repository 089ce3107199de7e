icae_test(test_kernels test_kernels.cpp LIBRARIES icae_llm TORCH)
icae_test(test_llm_config test_llm_config.cpp LIBRARIES icae_llm TORCH)
icae_test(test_drafting test_drafting.cpp LIBRARIES icae_llm TORCH)
icae_test(test_generation test_generation.cpp LIBRARIES icae_llm TORCH)
