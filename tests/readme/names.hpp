// What the README's fragments take for granted. Each is compiled as the body of a function that follows this;
// a name of its own hides one from here.
#pragma once

#include <harmonium/harmonium.hpp>
#include <harmonium/io.hpp>
#include <iostream>

using namespace harmonium;

extern Dataset digits, test_digits, validation;           // pictures with labels
extern Eigen::MatrixXf data, train, held_out, test_data;  // samples
extern Eigen::MatrixXf pictures, rows, table, x, y, v;    // of these sizes, those, and with entries missing
extern Eigen::Matrix<bool, Eigen::Dynamic, Eigen::Dynamic> a, b, known;
extern Rbm<Bernoulli, Bernoulli> rbm, large;
extern Dbn<Stack<Bernoulli>> dbn;
