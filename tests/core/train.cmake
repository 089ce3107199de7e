icae_test(test_train_job test_train_job.cpp LIBRARIES icae_train TORCH)
icae_test(test_train_watch test_train_watch.cpp LIBRARIES icae_train TORCH)
icae_test(test_step_times test_step_times.cpp LIBRARIES icae_train TORCH)
icae_test(test_corpus test_corpus.cpp LIBRARIES icae_train TORCH)
