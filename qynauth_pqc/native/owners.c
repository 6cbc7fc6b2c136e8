/* The functions with which cffi's allocators make and free the owners of handles and buffers, so that no Python
 * instruction, where an exception may come, lies in between. Every Python uses them: the binding on cffi alone needs no
 * other C. */

#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t count;
    void *handles[];
} PqcHandles;

/* Memory with another owner. cffi requires a size in such a struct: this one exceeds the size of any such memory. */
typedef struct {
    uint8_t bytes[1 << 30];
} PqcView;

static void *owner_alloc(size_t size)
{
    return calloc(1, size);
}

#define DEFINE_OWNER_FREE(name)                                     \
    static void owner_free_##name(void *owner)                      \
    {                                                               \
        PqcHandles *all = owner;                                    \
        for (size_t number = 0; number < all->count; number++)      \
            pqc_##name##_free(all->handles[number]);                \
        free(owner);                                                \
    }
DEFINE_OWNER_FREE(private_key)
DEFINE_OWNER_FREE(public_key)
DEFINE_OWNER_FREE(mu_hasher)
DEFINE_OWNER_FREE(exchange_key)
DEFINE_OWNER_FREE(exchange_share)

static void owner_free_buffer(void *owner)
{
    ffi_buffer_free(owner);
    free(owner);
}

/* Makes the handle of a number the first one of another owner. */
static void owner_move(PqcHandles *from, size_t number, PqcHandles *to)
{
    to->handles[0] = from->handles[number];
    from->handles[number] = NULL;
}

/* Copies some of the bytes of a buffer into another one, which is locked if the first one is. */
static PqcStatus owner_copy(const FFIBuffer *from, size_t begin, size_t len, FFIBuffer *to)
{
    PqcStatus status = ffi_buffer_zeroed(from->reserved == 0 ? 0 : PQC_KEY_LOCKED_MEMORY, len, to);
    if (status == PQC_STATUS_OK && len != 0)
        memcpy(to->data, from->data + begin, len);
    return status;
}
