/*
 * A well-behaved neighbour that is sensitive to latency: each millisecond it does a piece of work, and notes how late that
 * was done. Prints "ready", and at each SIGUSR1 "TICKS P50 P99 MAX" (microseconds) of the time since the last one.
 *
 * neighbour FILE MIB: FILE is the part of its working set that the kernel can take away at any time, MIB the anonymous part.
 *
 * A tick that is missed while another one is late counts as late, too: otherwise a stall of a second would be one bad
 * tick among thousands.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE ((size_t)4096)
#define TICK 1000000
#define TICKS (1 << 18)
/* The work of a tick: pages read from the file, written in memory, and newly allocated. */
#define FILE_PAGES 4
#define OWN_PAGES 8
#define NEW_PAGES 2

static uint32_t late[TICKS];
static size_t ticks;
static volatile sig_atomic_t asked;

static void die(const char *what)
{
    fprintf(stderr, "neighbour: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void *map(size_t length, int protection, int flags, int file)
{
    void *start = mmap(NULL, length, protection, flags, file, 0);
    if (start == MAP_FAILED)
        die("mmap");
    return start;
}

static void ask(int signal)
{
    (void)signal;
    asked = 1;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The percentile by nearest rank. */
static uint32_t percentile(size_t percent)
{
    return ticks ? late[(ticks * percent + 99) / 100 - 1] : 0;
}

static void answer(void)
{
    qsort(late, ticks, sizeof *late, compare);
    printf("%zu %u %u %u\n", ticks, percentile(50), percentile(99), percentile(100));
    fflush(stdout);
    ticks = 0;
    asked = 0;
}

int main(int count, char **words)
{
    if (count != 3) {
        fprintf(stderr, "usage: neighbour FILE MIB\n");
        return 2;
    }
    int file = open(words[1], O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status))
        die(words[1]);
    size_t file_pages = (size_t)status.st_size / PAGE, own_pages = strtoul(words[2], NULL, 10) * (1 << 20) / PAGE;
    if (!file_pages || !own_pages) {
        fprintf(stderr, "neighbour: an empty working set\n");
        return 2;
    }
    const volatile char *mapped = map(file_pages * PAGE, PROT_READ, MAP_SHARED, file);
    volatile char *own = map(own_pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    char *buffer = map(NEW_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    for (size_t i = 0; i < file_pages; i++)
        (void)mapped[i * PAGE];
    for (size_t i = 0; i < own_pages; i++)
        own[i * PAGE] = 1;
    /* The notes must not be in the way of what they are about. */
    if (mlock(late, sizeof late))
        die("mlock");
    signal(SIGUSR1, ask);
    puts("ready");
    fflush(stdout);

    size_t file_at = 0, own_at = 0;
    for (int64_t due = now();;) {
        struct timespec time = { due / 1000000000, due % 1000000000 };
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
        if (asked) {
            answer();
            due = now();
            continue;
        }
        for (int i = 0; i < FILE_PAGES; i++, file_at = (file_at + 1) % file_pages)
            (void)mapped[file_at * PAGE];
        for (int i = 0; i < OWN_PAGES; i++, own_at = (own_at + 1) % own_pages)
            own[own_at * PAGE]++;
        /* A request comes in: memory for it is allocated, used and given back. */
        memset(buffer, 1, NEW_PAGES * PAGE);
        madvise(buffer, NEW_PAGES * PAGE, MADV_DONTNEED);
        for (int64_t done = now(); due <= done; due += TICK)
            if (ticks < TICKS)
                late[ticks++] = (uint32_t)((done - due) / 1000);
    }
}
