// expect: (cannot convert|no viable conversion)
#include <harmonium/backend/cpu.hpp>
#include <harmonium/cuda.hpp>

void wrong(const harmonium::Cpu<float>& on, harmonium::CudaMatrix<float>& there) { on.fill(there, 1); }
