icae_test(test_lane test_lane.cpp LIBRARIES icae_engine TORCH)
