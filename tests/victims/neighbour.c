/*
 * A well-behaved neighbour that is sensitive to latency: each millisecond it does a piece of work, and notes how late that
 * was done. Prints "ready", and at each SIGUSR1 "TICKS P50 P99 MAX" (microseconds) of the time since the last one.
 *
 * neighbour FILE MIB: FILE is the part of its working set that the kernel can take away at any time, MIB the anonymous part.
 *
 * - A tick that is missed while another one is late counts as late, too: otherwise a stall of a second would be one bad
 *   tick among thousands.
 * - A virtual machine on a busy host stands still now and then, which is nobody's fault in it. So on each processor a
 *   real-time thread that needs no memory notes how late it is itself; that is taken off.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
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
#define TICKS (1 << 17)
/* Processors that are looked after. */
#define CPUS 8
/* The work of a tick: pages read from the file, written in memory, and newly allocated. */
#define FILE_PAGES 4
#define OWN_PAGES 8
#define NEW_PAGES 2

/* Of the work, and of the thread of each processor; by tick since the epoch, round and round. */
static uint32_t late[1 + CPUS][TICKS], sorted[TICKS];
static size_t ticks, answered;
static int64_t epoch;
static char stacks[CPUS][64 << 10] __attribute__((aligned(4096)));
extern char __executable_start, etext;
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

/* Sleeps until a tick is due. */
static void wait_for(size_t tick)
{
    int64_t due = epoch + (int64_t)tick * TICK;
    struct timespec time = { due / 1000000000, due % 1000000000 };
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

/* Notes for all ticks that are due by now how late they are; returns the next one. */
static size_t note(uint32_t *notes, size_t tick)
{
    for (int64_t past = now() - epoch; (int64_t)tick * TICK <= past; tick++)
        notes[tick % TICKS] = (uint32_t)((past - (int64_t)tick * TICK) / 1000);
    return tick;
}

static void *keep_time(void *notes)
{
    size_t tick = 0;
    for (;;) {
        wait_for(tick);
        tick = note(notes, tick);
    }
    return NULL;
}

static void start_timekeepers(void)
{
    for (int cpu = 0; cpu < CPUS && cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++) {
        pthread_t thread;
        pthread_attr_t attributes;
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET(cpu, &only);
        pthread_attr_init(&attributes);
        pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
        pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
        pthread_attr_setschedparam(&attributes, &(struct sched_param){ .sched_priority = 99 });
        pthread_attr_setaffinity_np(&attributes, sizeof only, &only);
        pthread_attr_setstack(&attributes, stacks[cpu], sizeof stacks[cpu]);
        if ((errno = pthread_create(&thread, &attributes, keep_time, late[1 + cpu])))
            die("a real-time thread");
    }
}

/* The percentile by nearest rank. */
static uint32_t percentile(size_t count, size_t percent)
{
    return count ? sorted[(count * percent + 99) / 100 - 1] : 0;
}

static void answer(void)
{
    size_t count = 0;
    for (; answered < ticks; answered++) {
        uint32_t own = late[0][answered % TICKS], machine = 0;
        for (int cpu = 0; cpu < CPUS; cpu++)
            if (machine < late[1 + cpu][answered % TICKS])
                machine = late[1 + cpu][answered % TICKS];
        if (count < TICKS)
            sorted[count++] = own > machine ? own - machine : 0;
    }
    qsort(sorted, count, sizeof *sorted, compare);
    printf("%zu %u %u %u\n", count, percentile(count, 50), percentile(count, 99), percentile(count, 100));
    fflush(stdout);
    asked = 0;
    /* The answer took time that is not the work's. */
    answered = ticks = (size_t)((now() - epoch) / TICK) + 1;
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
    /* The notes and the timekeepers must not be in the way of what they are about. */
    if (mlock(late, sizeof late) || mlock(stacks, sizeof stacks) || mlock(&__executable_start, (size_t)(&etext - &__executable_start)))
        die("mlock");
    epoch = now();
    start_timekeepers();
    signal(SIGUSR1, ask);
    puts("ready");
    fflush(stdout);

    for (size_t file_at = 0, own_at = 0;;) {
        wait_for(ticks);
        if (asked) {
            answer();
            continue;
        }
        for (int i = 0; i < FILE_PAGES; i++, file_at = (file_at + 1) % file_pages)
            (void)mapped[file_at * PAGE];
        for (int i = 0; i < OWN_PAGES; i++, own_at = (own_at + 1) % own_pages)
            own[own_at * PAGE]++;
        /* A request comes in: memory for it is allocated, used and given back. */
        memset(buffer, 1, NEW_PAGES * PAGE);
        madvise(buffer, NEW_PAGES * PAGE, MADV_DONTNEED);
        ticks = note(late[0], ticks);
    }
}
