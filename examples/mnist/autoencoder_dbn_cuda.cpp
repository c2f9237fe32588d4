// The deep belief network that is unrolled into an autoencoder, on a CUDA device.
#include "pre_training.hpp"

#if defined(HARMONIUM_CUDA)
namespace mnist {

template Dbn<AutoencoderUnits, Cuda<float>> pre_trained(Run&, const PreTraining&, const CudaDataset&,
                                                        const Cuda<float>&);

}  // namespace mnist
#endif
