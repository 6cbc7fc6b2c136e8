/* Deliberate bugs, one for each name: a sanitizer that does not report them is not active. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int shared = 0;

static void *write_shared(void *unused)
{
    (void)unused;
    shared++;
    return NULL;
}

static int leak(void)
{
    volatile char *lost = malloc(100);
    lost[0] = 1;
    lost = NULL;
    return 0;
}

static int use_after_free(void)
{
    volatile char *block = malloc(100);
    block[0] = 1;
    free((void *)block);
    return block[0];
}

static int double_free(void)
{
    void *volatile block = malloc(100);
    free(block);
    free(block);
    return 0;
}

static int overflow(void)
{
    volatile int large = 2147483647;
    return large + 1 == 0;
}

static int race(void)
{
    pthread_t threads[2];
    int i;
    for (i = 0; i < 2; i++) {
        if (pthread_create(&threads[i], NULL, write_shared, NULL) != 0) {
            return 1;
        }
    }
    for (i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *name = argc == 2 ? argv[1] : "";
    if (strcmp(name, "leak") == 0) {
        return leak();
    }
    if (strcmp(name, "use-after-free") == 0) {
        return use_after_free();
    }
    if (strcmp(name, "double-free") == 0) {
        return double_free();
    }
    if (strcmp(name, "overflow") == 0) {
        return overflow();
    }
    if (strcmp(name, "race") == 0) {
        return race();
    }
    fprintf(stderr, "no bug is called %s\n", name);
    return 2;
}
