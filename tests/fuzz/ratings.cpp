// Lists of ratings: what is read has every rating once, and is read again from what it says.
#include <harmonium/io/formats/ratings_csv.hpp>

#include "target.hpp"

namespace fuzz::ratings {
namespace {

using namespace harmonium;

void attack(Bytes input) {
  const RatingList list = read_ratings(file_with(input), {.csv = {.limits = limits}});
  const RatingData data = list.data();
  require(data.count() == static_cast<Index>(list.ratings.size()), "ratings were lost");
  std::string text = "user,item,rating\n";
  for (const Rating& one : list.ratings) {
    const std::string& user = list.users[static_cast<std::size_t>(one.user)];
    const std::string& item = list.items[static_cast<std::size_t>(one.item)];
    require(list.item(item) == one.item && list.user(user) == one.user, "a word is not found");
    text += csv_line({user, item, csv_text(one.value)});
  }
  const RatingList again = read_ratings(file_with(text), {.csv = {.separator = ','}});
  require(again.users == list.users && again.items == list.items && again.levels == list.levels,
          "written and read again it has other words or levels");
  for (std::size_t i = 0; i < list.ratings.size(); ++i)
    require(again.ratings[i].user == list.ratings[i].user && again.ratings[i].item == list.ratings[i].item &&
                again.ratings[i].value == list.ratings[i].value,
            "written and read again a rating is another");
}

std::vector<std::string> seeds() {
  return {"user,item,rating\na,x,1\na,y,2\nb,x,2.5\n", "u;i;r;time\n\"a;b\";x;5;0\nc;x;1;1\n",
          "u\ti\tr\n1\t2\t3\n1\t3\t4\n2\t2\t4\n", "\xEF\xBB\xBFu,i,r\r\n\"a\"\"b\",x,-0\r\nb,x,1\r\n"};
}

const Registered target({"ratings",
                         attack,
                         seeds,
                         {",", ";", "\t", "\n", "\r\n", "\"", "\"\"", "NA", "null", "-0", "0", "1e308", "nan",
                          "\xEF\xBB\xBF"}});

}  // namespace
}  // namespace fuzz::ratings
