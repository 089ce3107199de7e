icae_test(test_safetensors test_safetensors.cpp LIBRARIES icae_files)
icae_test(test_files test_files.cpp LIBRARIES icae_files)
icae_test(test_crew test_crew.cpp LIBRARIES icae_tensor TORCH)
icae_test(test_upload test_upload.cpp LIBRARIES icae_tensor TORCH)
