// The deep belief network that becomes a classifier, on a CUDA device.
#include "pre_training.hpp"

#if defined(HARMONIUM_CUDA)
namespace mnist {

template Dbn<ClassifierUnits, Cuda<float>> pre_trained(Run&, const PreTraining&, const CudaDataset&,
                                                       const Cuda<float>&);

}  // namespace mnist
#endif
