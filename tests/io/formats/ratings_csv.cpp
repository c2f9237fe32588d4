#include <harmonium/io/formats/ratings_csv.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::io_formats_ratings_csv {

namespace {
RatingList parse(const std::string& text, const RatingOptions& options = {}) {
  return harmonium::detail::ratings_in(parse_csv(text, options.csv, "r.csv"), options);
}
const std::string films = "user,film,stars,time\nann,Alien,5,1\nann,\"M, 1931\",3,2\nbob,Alien,1.5,3\n";
}  // namespace

TEST_CASE("a list of ratings keeps its words", "[io][ratings]") {
  const RatingList list = parse(films);
  CHECK(list.users == std::vector<std::string>{"ann", "bob"});
  CHECK(list.items == std::vector<std::string>{"Alien", "M, 1931"});
  CHECK(list.levels == std::vector<double>{1.5, 3, 5});
  CHECK(list.item("M, 1931") == 1);
  CHECK(list.user("bob") == 1);
  REQUIRE(list.ratings.size() == 3);
  CHECK((list.ratings[1].user == 0 && list.ratings[1].item == 1 && list.ratings[1].value == 3));
  const RatingData data = list.data();
  CHECK(data.size() == 2);
  CHECK(data.rows() == 6);
  CHECK_THROWS_MATCHES(list.item("Brazil"), DataError, Message("ratings: there is no item 'Brazil'"));

  // Columns by name; no header; another separator.
  const RatingList other = parse(films, {.user = "film", .item = "user", .rating = "stars"});
  CHECK(other.users == list.items);
  const RatingList plain = parse("1\t10\t4\n1\t12\t2\n", {.csv = {.separator = '\t', .header = false}});
  CHECK(plain.items == std::vector<std::string>{"10", "12"});
}

TEST_CASE("a new user's ratings are those of a model's items", "[io][ratings]") {
  const RatingList list = parse(films);
  const RatingList fresh =
      parse("who,film,stars\neve,\"M, 1931\",5\n", {.levels = list.levels, .items = list.items});
  CHECK(fresh.items == list.items);
  CHECK(fresh.ratings[0].item == 1);
  CHECK(fresh.data().states() == 3);
  const RatingOptions known{.levels = list.levels, .items = list.items};
  CHECK_THROWS_MATCHES(
      parse("a,b,c\neve,Brazil,5\n", known), DataError,
      Message("CSV file 'r.csv', line 2, column 'b': 'Brazil' is not one of the 2 items that "
              "are known"));
  CHECK_THROWS_MATCHES(
      parse("a,b,c\neve,Alien,4\n", known), DataError,
      Message("CSV file 'r.csv', line 2, column 'c': 4 is not one of the levels: 1.5, 3, 5"));
}

TEST_CASE("ratings are read from compressed files", "[io][ratings]") {
  const TemporaryFolder folder;
  for (const char* name : {"ratings.csv", "ratings.csv.gz"}) {
    harmonium::detail::TextWriter file(folder / name);
    file.write(films);
    file.commit();
    CHECK(read_ratings(folder / name).ratings.size() == 3);
  }
  CHECK_THROWS_AS(read_ratings(folder / "none.csv"), FileError);
  CHECK_THROWS_AS(read_ratings(folder / "ratings.csv", {.csv = {.limits = {.bytes = 10}}}), FileError);
}

TEST_CASE("what is wrong with a list of ratings is said with its place", "[io][ratings][errors]") {
  const auto refuses = [](const std::string& text, const std::string& words) {
    CHECK_THROWS_MATCHES(parse(text), DataError, Message("CSV file 'r.csv'" + words));
  };
  refuses("a,b\n1,2\n", ": it has 2 columns, expected at least 3: user, item, rating");
  refuses("a,b,c\n1,x,2\n1,y,three\n", ", line 3, column 'c': 'three' is not a finite number");
  refuses("a,b,c\n1,x,2\n1,y,\n", ", line 3, column 'c': the rating is missing");
  refuses("a,b,c\n,x,2\n1,y,3\n", ", line 2, column 'a': the user is missing");
  refuses("a,b,c\n1,x,2\n1,NA,3\n", ", line 3, column 'b': the item is missing");
  refuses("a,b,c\n1,x,2\n2,x,2\n1,x,3\n",
          ", line 4, column 'b': user '1' has rated 'x' before, at CSV file 'r.csv', line 2, column 'b'");
  refuses(
      "1,x,2\n1,y,3\n",
      ": the first line should name the columns, but that of the ratings is called '2'; if the file has no "
      "header, set .csv.header = false");
  refuses("a,b,c\n1,x,2\n1,y,2\n", ": all ratings are equal; name the levels that a rating may have");
  std::string many = "a,b,c\n";
  for (int i = 0; i < 101; ++i) many += "1," + std::to_string(i) + "," + std::to_string(i) + ".5\n";
  refuses(many,
          ": column 'c' has more than 100 different numbers, too many for the levels of a rating; round "
          "them to fewer");
  CHECK_THROWS_AS(parse("a,b,c\n1,x,2\n", {.user = "who"}), DataError);
}

}  // namespace test::io_formats_ratings_csv
