// Distances between sites: what is read is written, and read again as the same.
#include <harmonium/io/formats/site_distances.hpp>

#include "target.hpp"

namespace fuzz::site_distances {
namespace {

using namespace harmonium;

void attack(Bytes input) {
  constexpr Index sites = 12;
  const Eigen::MatrixXd distances = read_site_distances(file_with(input), sites, limits);
  std::string text;
  for (Index i = 0; i < sites; ++i)
    for (Index j = 0; j < sites; ++j) {
      const double d = distances(i, j), mirrored = distances(j, i);
      require(std::isnan(d) ? std::isnan(mirrored) : d == mirrored && d >= 0, "distances are none");
      if (j <= i && !std::isnan(d))
        text += std::to_string(i + 1) + ' ' + std::to_string(j + 1) + ' ' + csv_text(d) + '\n';
    }
  require(!text.empty(), "there are no pairs");
  const Eigen::MatrixXd again = read_site_distances(file_with(text), sites);
  for (Index i = 0; i < again.size(); ++i)
    require(again.data()[i] == distances.data()[i] ||
                (std::isnan(again.data()[i]) && std::isnan(distances.data()[i])),
            "written and read again they are others");
}

std::vector<std::string> seeds() { return {"# toy\n1 2 3.5\n2 12 A CB 0\n", "1\t1\t1e300\r\n"}; }

const Registered target(
    {"site_distances", attack, seeds, {"12", "1e300", "-1", "1.5", "nan", "inf", "#", " ", "\t", "\r\n"}});

}  // namespace
}  // namespace fuzz::site_distances
