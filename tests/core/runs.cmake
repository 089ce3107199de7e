icae_test(test_run_directory test_run_directory.cpp LIBRARIES icae_runs)
icae_test(test_runs test_runs.cpp LIBRARIES icae_runs)
