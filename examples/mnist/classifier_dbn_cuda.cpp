// The deep belief network that becomes a classifier, on a CUDA device.
#if defined(HARMONIUM_CUDA)
#include "pre_training.hpp"

namespace mnist {

template Dbn<ClassifierUnits, Cuda<float>> pre_trained(Run&, const PreTraining&, const CudaDataset&,
                                                       const Cuda<float>&);
template Dbn<ClassifierUnits, Cuda<float>> generator(Run&, Dbn<ClassifierUnits, Cuda<float>>,
                                                     const LayerTraining&, const CudaDataset&,
                                                     const Cuda<float>&);

}  // namespace mnist
#endif
