// The program's run files.
#include <harmonium/run_file.hpp>

#include "target.hpp"

namespace fuzz::run_file {
namespace {

using namespace program;

std::string text_of(const std::string& path) {
  CommonSettings settings;
  settings.run = path;
  take_run_file(settings);
  try {
    static_cast<void>(training_options(settings.train, 0));
  } catch (const harmonium::Error&) {
  }
  return run_text(run_json(settings, settings.columns));
}

void attack(Bytes input) {
  const std::string text = text_of(file_with(input));
  require(text_of(file_with(text)) == text, "written and read again it is another run");
}

std::vector<std::string> seeds() {
  CommonSettings settings;
  settings.data = "people.csv";
  std::vector<std::string> all = {run_text(run_json(settings, {}))};
  settings.array = "x";
  settings.train.hidden = {3, 2};
  settings.train.chains = "cd";
  const Columns columns = {{.name = "a", .kind = Kind::bernoulli, .words = {"no", "yes"}},
                           {.name = "b", .kind = Kind::categorical, .words = {"x", "y", "z"}},
                           {.name = "c", .kind = Kind::gaussian, .mean = 3, .scale = 2, .decimals = 1}};
  all.push_back(run_text(run_json(settings, columns)));
  return all;
}

const Registered target({"run_file", attack, seeds, {"4294967297",   "18446744073709551615",
                                                     "-1",           "1.5",
                                                     "1e300",        "1e999",
                                                     "null",         "true",
                                                     "[]",           "{}",
                                                     "\"epochs\":",  "\"hidden\":",
                                                     "\"seed\":",    "\"columns\":",
                                                     "\"kind\":",    "\"words\":",
                                                     "\"options\":", "\"decimals\":",
                                                     "\"visible\":", "\"gaussian\""}});

}  // namespace
}  // namespace fuzz::run_file
