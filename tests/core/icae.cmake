icae_test(test_adapter test_adapter.cpp LIBRARIES icae_icae TORCH)
icae_test(test_memory test_memory.cpp LIBRARIES icae_icae TORCH)
icae_test(test_model_files test_model_files.cpp LIBRARIES icae_icae TORCH)
icae_test(test_source_drafter test_source_drafter.cpp LIBRARIES icae_icae TORCH)
