// Names that the blocks of code in the pages assume. Each block is the body of a function that follows this;
// its own names hide those here. Nothing here is ever defined: blocks are compiled, not linked.
#pragma once

#include <cmath>
#include <harmonium/harmonium.hpp>
#include <harmonium/io.hpp>
#include <iostream>

using namespace harmonium;

/// Samples with labels; where a matrix is expected, the matrix of their numbers.
struct Samples : Dataset {
  operator View<const float>() const;  // NOLINT: pages say `train` for either
};

extern Samples digits, test_digits, train, held_out, validation;
extern Eigen::MatrixXf data, pictures, test_data, rows, v;
extern Eigen::MatrixXd x, y, table;
extern Mask a, b, known;
extern Rbm<Bernoulli, Bernoulli> rbm, large, small;
extern Dataset few;
extern Dataset::Bytes pixels;
extern std::vector<int> labels;
extern Dbn<Stack<Bernoulli>> dbn;
extern Network<Stack<Bernoulli>> network;
extern History history;
