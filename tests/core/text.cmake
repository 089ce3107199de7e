icae_test(test_tokenizer test_tokenizer.cpp LIBRARIES icae_text icae_tensor TORCH)
icae_test(test_text test_text.cpp LIBRARIES icae_text)
icae_test(test_json_tokenizer test_json_tokenizer.cpp LIBRARIES icae_text)
