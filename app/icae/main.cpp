#include "study/verify.h"
#include "protocol/error.h"
#include <iostream>
int main(int argc, char** argv) { try { std::vector<std::filesystem::path> f(argv+1, argv+argc); for (auto& g : icae::goldenFolders(f)) { auto r = icae::verifyFolder(g, {}, {}); std::cout << g << " " << r.ok() << "\n"; for (auto& c : r.checks) std::cout << "  " << c.kind << " " << c.worst << " / " << c.tolerance << " " << c.where << " n=" << c.compared << "\n"; } } catch (const icae::Error& e) { std::cerr << e.what() << "\n" << e.remedy() << "\n" << e.details() << "\n"; } }
