icae_test(test_bleu test_bleu.cpp LIBRARIES icae_measure)
icae_test(test_measure test_measure.cpp LIBRARIES icae_measure)
icae_test(test_diff test_diff.cpp LIBRARIES icae_measure)
icae_test(test_diff_classes test_diff_classes.cpp LIBRARIES icae_measure)
