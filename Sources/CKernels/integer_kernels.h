// The kernels that multiply integers of 16 and 8 bits, for one processor. Whoever includes this defines
//   LANES            sums of 32 bits in a register
//   DOT2(sum, a, b)  sum + the products of the two words in each lane of a and b
//   DOT4(sum, a, b)  if the processor has it, sum + those of the four bytes, of a without a sign
// and NAME(x), the names of what it makes.
#include "integer_products.h"

#include "integer_tile.h"

#include "attention_words.h"

const integer_kernels NAME(kernels) = {
    NAME(accumulate),
#ifdef DOT4
    NAME(accumulate_quads), NAME(multiply_quads),
#else
    NULL, NULL,
#endif
    NAME(attend), NAME(pack)};
