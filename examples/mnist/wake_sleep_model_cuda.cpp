// The deep belief network of digits and labels, on a CUDA device.
#if defined(HARMONIUM_CUDA)
#include "wake_sleep_learning.hpp"

namespace mnist {

template Awoken wake_sleep(Run&, const Mnist&, const CudaDataset&, const Cuda<float>&);

}  // namespace mnist
#endif
