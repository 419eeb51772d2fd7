/*
 * A process to be killed: it takes memory in the ways that matter to a reaper, prints "ready" once every page is
 * touched, and then stays until it is killed.
 *
 * Memory, for each process:
 *   --mib N            anonymous memory
 *   --thp              ask for huge pages for it
 *   --small-pages      never use huge pages, whatever the system's default is
 *   --random           fill with what does not compress, and is never merged
 *   --mlock-mib N      anonymous memory that is locked
 *   --shmem-mib N      shared anonymous memory; taken once and inherited by all processes
 *   --tmpfs FILE MIB   write a file, once; it is left there
 *   --file FILE MIB    map so much of a file, shared, and write to each page
 * Growth, of the first process, after "ready":
 *   --hog MIB_PER_S    grow, touching each page; 0 is full speed
 *   --of KIND          by what: anon (default), mlock, memfd, memfd-unmapped, sysv, file, which is that of --file,
 *                      file-locked, the same with holes alone, read and locked,
 *                      unix (what waits in sockets: kernel memory), or dentries (files that are not there, named after --file: cache)
 *   --growers N        so many threads grow, each as said here (default 1)
 *   --step-mib N       how much at a time (default 4)
 *   --until-mib N      stop growing there (default: never)
 *   --walk             write to each page of --mib and --file again and again, after "ready"
 * Shape:
 *   --procs N          fork N children that take --mib each, too
 *   --threads N        threads in each process, the first included (default 1)
 *   --spin             every thread burns CPU; without it, all wait
 *   --leader-exits     the first thread of the first process ends, the others stay
 *   --zombie           keep one child that has exited and is not waited for
 *   --vfork-share      a child that shares the address space without being a thread, as one after vfork() does
 *   --exec-on-term     the second thread calls execve at SIGTERM, and so becomes the first one
 *   --stuck-exec       stuck within execve: its second thread is traced, and may not end
 *   --fork-bomb N      N chains of processes: each forks the next one and exits, for ever
 *   --reader PID FILE  read /proc/PID/FILE in a loop, until it is gone
 *   --writer FILE      write to FILE in a loop: on a frozen file system it sleeps uninterruptibly (D)
 * The rest:
 *   --cgroup DIR       join this cgroup before anything else; up to four times, for cgroups of several hierarchies
 *   --comm NAME        the name of the process
 *   --nice N           of all threads
 *   --sched-idle       SCHED_IDLE: run only when nobody else wants to
 *   --ignore-term      SIGTERM does nothing
 *   --die-with-parent  SIGKILL when the thread that started this one ends
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define PAGE ((size_t)4096)
#define CGROUPS 4

enum kind { ANON, MLOCKED, MEMFD, MEMFD_UNMAPPED, SYSV, FILE_PAGES, FILE_LOCKED, UNIX, DENTRIES, KINDS };
static const char *const kinds[KINDS] = { "anon", "mlock", "memfd", "memfd-unmapped", "sysv", "file", "file-locked", "unix", "dentries" };

static struct {
    size_t mib, mlock_mib, shmem_mib, tmpfs_mib, file_mib, step_mib, until_mib;
    long hog_mib_per_second;
    enum kind kind;
    int threads, growers, procs, nice, fork_chains, reader_pid, cgroups;
    int spin, thp, small_pages, random, hog, leader_exits, zombie, walk, ignore_term, vfork_share, die_with_parent, sched_idle, stuck_exec, exec_on_term;
    const char *comm, *cgroup[CGROUPS], *tmpfs, *file, *reader_file, *writer_file;
} o = { .threads = 1, .growers = 1, .step_mib = 4 };

static void die(const char *what)
{
    fprintf(stderr, "victim: %s: %s\n", what, strerror(errno));
    _exit(1);
}

static long number(const char *text, long least, long most)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < least || value > most) {
        fprintf(stderr, "victim: not a number of %ld to %ld: %s\n", least, most, text);
        _exit(2);
    }
    return value;
}

/* xorshift64*: random enough for zram, and faster than the page faults. */
static void fill(char *start, size_t length)
{
    static __thread uint64_t state;
    if (!state)
        state = 88172645463325252u ^ ((uint64_t)getpid() << 32) ^ (uint64_t)(uintptr_t)&state;
    if (!o.random) {
        for (size_t at = 0; at < length; at += PAGE)
            start[at] = 1;
        return;
    }
    for (size_t at = 0; at < length; at += sizeof state) {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        *(uint64_t *)(start + at) = state * 2685821657736338717u;
    }
}

static char *take(size_t mib, int sharing, int lock)
{
    if (!mib)
        return NULL;
    char *start = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        die("mmap");
    if (sharing == MAP_PRIVATE && !lock && o.thp && madvise(start, mib * MIB, MADV_HUGEPAGE))
        die("madvise(MADV_HUGEPAGE)");
    if (lock && mlock(start, mib * MIB))
        die("mlock");
    fill(start, mib * MIB);
    return start;
}

/* The file grows by as much; what is locked are holes, whose pages take memory and no room on the disk. */
static char *take_file(int file, size_t mib, int lock)
{
    off_t end = lseek(file, 0, SEEK_END);
    if (end < 0 || ftruncate(file, end + (off_t)(mib * MIB)))
        die("growing the file");
    char *start = mmap(NULL, mib * MIB, lock ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED, file, end);
    if (start == MAP_FAILED)
        die("mmap of the file");
    if (!lock)
        fill(start, mib * MIB);
    else if (mlock(start, mib * MIB))
        die("mlock");
    return start;
}

static int open_file(void)
{
    int file = open(o.file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        die(o.file);
    return file;
}

static void take_memfd(size_t mib, int mapped)
{
    static char block[1 << 20];
    int file = memfd_create("victim", MFD_CLOEXEC);
    if (file < 0)
        die("memfd_create");
    if (mapped) {
        take_file(file, mib, 0);
        close(file);
        return;
    }
    /* It stays open: that is all that keeps it. */
    for (size_t i = 0; i < mib; i++) {
        fill(block, sizeof block);
        if (write(file, block, sizeof block) != sizeof block)
            die("write to the memfd");
    }
}

/* Removed at once, so that it goes with its last process, and not with the IPC namespace. */
static void take_sysv(size_t mib)
{
    int segment = shmget(IPC_PRIVATE, mib * MIB, IPC_CREAT | 0600);
    void *start = segment < 0 ? (void *)-1 : shmat(segment, NULL, 0);
    if (start == (void *)-1 || shmctl(segment, IPC_RMID, NULL))
        die("SysV shared memory");
    fill(start, mib * MIB);
}

/* One pair for each MiB; nobody reads. */
static void take_unix(size_t mib)
{
    static char block[1 << 16];
    const struct rlimit files = { 1 << 17, 1 << 17 };
    if (setrlimit(RLIMIT_NOFILE, &files))
        die("setrlimit");
    for (size_t i = 0; i < mib; i++) {
        int pair[2], room = 4 * (int)MIB;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) || setsockopt(pair[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room))
            die("socketpair");
        for (size_t written = 0; written < MIB; written += sizeof block)
            if (write(pair[0], block, sizeof block) != sizeof block)
                die("write to the socket");
    }
}

/* Some 192 bytes for each. */
static void take_dentries(size_t mib)
{
    static unsigned long number;
    char name[PATH_MAX];
    for (size_t i = 0; i < mib * MIB / 192; i++) {
        snprintf(name, sizeof name, "%s.%lu", o.file, number++);
        if (!access(name, F_OK))
            die("a file that is there");
    }
}

static void take_kind(size_t mib)
{
    switch (o.kind) {
    case MLOCKED: take(mib, MAP_PRIVATE, 1); break;
    case MEMFD: take_memfd(mib, 1); break;
    case MEMFD_UNMAPPED: take_memfd(mib, 0); break;
    case SYSV: take_sysv(mib); break;
    case UNIX: take_unix(mib); break;
    case DENTRIES: take_dentries(mib); break;
    case FILE_PAGES:
    case FILE_LOCKED: {
        int file = open_file();
        take_file(file, mib, o.kind == FILE_LOCKED);
        close(file);
        break;
    }
    default: take(mib, MAP_PRIVATE, 0);
    }
}

static void write_tmpfs(void)
{
    static char block[1 << 20];
    int file = open(o.tmpfs, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        die(o.tmpfs);
    for (size_t i = 0; i < o.tmpfs_mib; i++) {
        fill(block, sizeof block);
        if (write(file, block, sizeof block) != sizeof block)
            die("write to the tmpfs file");
    }
    close(file);
}

static void join(const char *cgroup)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/cgroup.procs", cgroup);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, "0", 1) != 1)
        die(path);
    close(file);
}

static void stay(void) __attribute__((noreturn));
static void stay(void)
{
    if (o.spin)
        for (volatile uint64_t turns = 0;; turns++)
            ;
    for (;;)
        pause();
}

static void *thread_main(void *nothing)
{
    (void)nothing;
    stay();
}

static void *exec_main(void *nothing)
{
    (void)nothing;
    /* The first thread may be gone, and what /proc/self tells with it. */
    sigset_t wanted;
    int signal;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigwait(&wanted, &signal);
    /* It gets ready once more, and nobody reads that. */
    if (dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO) < 0)
        die("/dev/null");
    execl("/proc/thread-self/exe", "victim", NULL);
    die("execl");
    return NULL;
}

static void start_threads(void)
{
    for (int i = 1; i < o.threads; i++) {
        pthread_t thread;
        pthread_attr_t small;
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, 64 << 10);
        if ((errno = pthread_create(&thread, &small, o.exec_on_term && i == 1 ? exec_main : thread_main, NULL)))
            die("pthread_create");
        pthread_attr_destroy(&small);
    }
}

static void die_with_parent(pid_t parent)
{
    if (!o.die_with_parent)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
}

/* The pipe says who is ready: a child's end closes when it dies instead. */
static void start_children(void)
{
    pid_t parent = getpid();
    for (int i = 0; i < o.procs; i++) {
        int ready[2];
        if (pipe2(ready, O_CLOEXEC))
            die("pipe");
        pid_t child = fork();
        if (child < 0)
            die("fork");
        if (child == 0) {
            /* The parent's first thread may be about to end, which is when this signal would come. */
            if (!o.leader_exits)
                die_with_parent(parent);
            take(o.mib, MAP_PRIVATE, 0);
            take(o.mlock_mib, MAP_PRIVATE, 1);
            start_threads();
            if (write(ready[1], "", 1) != 1)
                _exit(1);
            close(ready[0]);
            close(ready[1]);
            stay();
        }
        close(ready[1]);
        char byte;
        if (read(ready[0], &byte, 1) != 1)
            die("a child did not get ready");
        close(ready[0]);
    }
}

static void keep_zombie(void)
{
    pid_t child = fork();
    if (child < 0)
        die("fork");
    if (child == 0)
        _exit(0);
    siginfo_t info;
    if (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT))
        die("waitid");
}

static int sharer_main(void *nothing)
{
    (void)nothing;
    /* This shares even errno with the parent's first thread: nothing of libc but the bare call from here on. */
    while (syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0))
        ;
    return 0;
}

static void *tell_thread_id(void *where)
{
    *(_Atomic pid_t *)where = (pid_t)syscall(SYS_gettid);
    stay();
}

static void start_sharer(void)
{
    size_t size = 64 << 10;
    char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED || clone(sharer_main, stack + size, CLONE_VM | SIGCHLD, NULL) < 0)
        die("clone(CLONE_VM)");
}

/* execve waits for the other threads to end; the tracer of one of them, which is no parent of anybody, does not let it. */
static void exec_and_get_stuck(void)
{
    static _Atomic pid_t thread;
    pthread_t other;
    int go[2];
    if (pipe2(go, O_CLOEXEC) || (errno = pthread_create(&other, NULL, tell_thread_id, (void *)&thread)))
        die("a second thread");
    while (!thread)
        usleep(1000);
    pid_t tracer = fork();
    if (tracer < 0)
        die("fork");
    if (tracer == 0) {
        if (ptrace(PTRACE_SEIZE, thread, NULL, PTRACE_O_TRACEEXIT) || write(go[1], "", 1) != 1)
            die("ptrace");
        usleep(200000);
        puts("ready");
        fflush(stdout);
        for (;;)
            pause();
    }
    char byte;
    if (read(go[0], &byte, 1) != 1)
        die("the tracer did not get ready");
    execl("/proc/self/exe", "victim", NULL);
    die("execl");
}

/* Orphans come to the first process, which ignores SIGCHLD, so that no zombie is left while it lives. */
static void start_fork_bomb(void)
{
    signal(SIGCHLD, SIG_IGN);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1))
        die("prctl(PR_SET_CHILD_SUBREAPER)");
    for (int i = 0; i < o.fork_chains; i++) {
        pid_t child = fork();
        if (child < 0)
            die("fork");
        if (child == 0)
            for (;;) {
                child = fork();
                if (child > 0)
                    _exit(0);
                if (child < 0)
                    sched_yield();
            }
    }
}

static void read_for_ever(void)
{
    static char buffer[1 << 16];
    char path[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%d/%s", o.reader_pid, o.reader_file);
    for (;;) {
        int file = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length;
        if (file < 0)
            _exit(0);
        while ((length = read(file, buffer, sizeof buffer)) > 0)
            ;
        if (length < 0)
            _exit(0);
        close(file);
    }
}

static void grow(void)
{
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (size_t taken = o.mib; !o.until_mib || taken < o.until_mib;) {
        size_t step = o.step_mib;
        if (o.until_mib && step > o.until_mib - taken)
            step = o.until_mib - taken;
        take_kind(step);
        taken += step;
        if (o.hog_mib_per_second) {
            uint64_t nanoseconds = (uint64_t)next.tv_nsec + step * 1000000000u / (uint64_t)o.hog_mib_per_second;
            next.tv_sec += (time_t)(nanoseconds / 1000000000u);
            next.tv_nsec = (long)(nanoseconds % 1000000000u);
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        }
    }
}

static void *grow_too(void *nothing)
{
    (void)nothing;
    grow();
    stay();
}

static void start_growers(void)
{
    for (int i = 1; i < o.growers; i++) {
        pthread_t thread;
        if ((errno = pthread_create(&thread, NULL, grow_too, NULL)))
            die("pthread_create");
    }
}

static void walk(char *start, char *file)
{
    for (;;) {
        for (size_t at = 0; at < o.mib * MIB; at += PAGE)
            ((volatile char *)start)[at]++;
        for (size_t at = 0; at < o.file_mib * MIB; at += PAGE)
            ((volatile char *)file)[at]++;
    }
}

static enum kind kind_of(const char *name)
{
    for (int i = 0; i < KINDS; i++)
        if (!strcmp(name, kinds[i]))
            return (enum kind)i;
    fprintf(stderr, "victim: not a kind of memory: %s\n", name);
    _exit(2);
}

static void write_for_ever(void)
{
    int file = open(o.writer_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        die(o.writer_file);
    for (;;) {
        if (pwrite(file, "x", 1, 0) != 1)
            die("write to the writer's file");
        usleep(1000);
    }
}

enum { MIB_ = 1, THREADS, PROCS, NICE, MLOCK, SHMEM, TMPFS, HOG, STEP, UNTIL, COMM, CGROUP, READER, BOMB, WRITER, MAPPED, KIND, GROWERS };

static void parse(int count, char **words)
{
    const struct option options[] = {
        { "mib", 1, NULL, MIB_ }, { "threads", 1, NULL, THREADS }, { "procs", 1, NULL, PROCS },
        { "nice", 1, NULL, NICE }, { "mlock-mib", 1, NULL, MLOCK }, { "shmem-mib", 1, NULL, SHMEM },
        { "tmpfs", 1, NULL, TMPFS }, { "hog", 1, NULL, HOG }, { "step-mib", 1, NULL, STEP },
        { "until-mib", 1, NULL, UNTIL }, { "comm", 1, NULL, COMM }, { "cgroup", 1, NULL, CGROUP },
        { "reader", 1, NULL, READER }, { "fork-bomb", 1, NULL, BOMB },
        { "writer", 1, NULL, WRITER }, { "file", 1, NULL, MAPPED }, { "of", 1, NULL, KIND },
        { "growers", 1, NULL, GROWERS },
        { "spin", 0, &o.spin, 1 }, { "thp", 0, &o.thp, 1 }, { "random", 0, &o.random, 1 },
        { "leader-exits", 0, &o.leader_exits, 1 }, { "zombie", 0, &o.zombie, 1 },
        { "ignore-term", 0, &o.ignore_term, 1 }, { "vfork-share", 0, &o.vfork_share, 1 },
        { "stuck-exec", 0, &o.stuck_exec, 1 }, { "exec-on-term", 0, &o.exec_on_term, 1 },
        { "die-with-parent", 0, &o.die_with_parent, 1 }, { "small-pages", 0, &o.small_pages, 1 },
        { "sched-idle", 0, &o.sched_idle, 1 }, { "walk", 0, &o.walk, 1 }, { NULL, 0, NULL, 0 },
    };
    const long most = 1L << 30;
    for (int found; (found = getopt_long(count, words, "", options, NULL)) != -1;) {
        /* The options of two words take the second one here. */
        if ((found == TMPFS || found == READER || found == MAPPED) && optind >= count)
            found = '?';
        switch (found) {
        case 0: break;
        case MIB_: o.mib = (size_t)number(optarg, 0, most); break;
        case THREADS: o.threads = (int)number(optarg, 1, 100000); break;
        case PROCS: o.procs = (int)number(optarg, 0, 100000); break;
        case NICE: o.nice = (int)number(optarg, -20, 19); break;
        case MLOCK: o.mlock_mib = (size_t)number(optarg, 0, most); break;
        case SHMEM: o.shmem_mib = (size_t)number(optarg, 0, most); break;
        case TMPFS: o.tmpfs = optarg; o.tmpfs_mib = (size_t)number(words[optind++], 0, most); break;
        case HOG: o.hog = 1; o.hog_mib_per_second = number(optarg, 0, most); break;
        case STEP: o.step_mib = (size_t)number(optarg, 1, most); break;
        case UNTIL: o.until_mib = (size_t)number(optarg, 1, most); break;
        case COMM: o.comm = optarg; break;
        case CGROUP:
            if (o.cgroups < CGROUPS)
                o.cgroup[o.cgroups++] = optarg;
            break;
        case READER: o.reader_pid = (int)number(optarg, 1, INT_MAX); o.reader_file = words[optind++]; break;
        case WRITER: o.writer_file = optarg; break;
        case MAPPED: o.file = optarg; o.file_mib = (size_t)number(words[optind++], 0, most); break;
        case KIND: o.kind = kind_of(optarg); break;
        case GROWERS: o.growers = (int)number(optarg, 1, 10000); break;
        case BOMB: o.fork_chains = (int)number(optarg, 1, 1000); break;
        default: fprintf(stderr, "victim: see the head of victim.c for the options\n"); _exit(2);
        }
    }
    if ((o.kind == FILE_PAGES || o.kind == FILE_LOCKED || o.kind == DENTRIES) && !o.file) {
        fprintf(stderr, "victim: --of file needs --file\n");
        _exit(2);
    }
    if (optind < count || (o.leader_exits && o.threads < 2)) {
        fprintf(stderr, "victim: %s\n", optind < count ? words[optind] : "--leader-exits needs --threads 2 or more");
        _exit(2);
    }
}

int main(int count, char **words)
{
    pid_t parent = getppid();
    parse(count, words);
    for (int i = 0; i < o.cgroups; i++)
        join(o.cgroup[i]);
    die_with_parent(parent);
    if (o.comm && prctl(PR_SET_NAME, o.comm))
        die("prctl(PR_SET_NAME)");
    if (o.nice && setpriority(PRIO_PROCESS, 0, o.nice))
        die("setpriority");
    if (o.sched_idle && sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){ 0 }))
        die("sched_setscheduler");
    if (o.small_pages && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
        die("prctl(PR_SET_THP_DISABLE)");
    if (o.ignore_term)
        signal(SIGTERM, SIG_IGN);

    /* Shared memory first, so that children inherit it; private memory after the forks, so that each has its own. */
    take(o.shmem_mib, MAP_SHARED, 0);
    if (o.tmpfs)
        write_tmpfs();
    start_children();
    char *own = take(o.mib, MAP_PRIVATE, 0);
    take(o.mlock_mib, MAP_PRIVATE, 1);
    char *mapped = NULL;
    if (o.file_mib) {
        int file = open_file();
        if (ftruncate(file, 0))
            die(o.file);
        mapped = take_file(file, o.file_mib, 0);
        close(file);
    }
    if (o.zombie)
        keep_zombie();
    if (o.vfork_share)
        start_sharer();
    if (o.fork_chains)
        start_fork_bomb();
    if (o.exec_on_term) {
        sigset_t term;
        sigemptyset(&term);
        sigaddset(&term, SIGTERM);
        sigprocmask(SIG_BLOCK, &term, NULL);
    }
    start_threads();
    if (o.stuck_exec)
        exec_and_get_stuck();

    if (write(STDOUT_FILENO, "ready\n", 6) != 6)
        die("write to the standard output");

    if (o.reader_file)
        read_for_ever();
    if (o.writer_file)
        write_for_ever();
    if (o.walk && (o.mib || o.file_mib))
        walk(own, mapped);
    if (o.hog) {
        start_growers();
        grow();
    }
    /* Not pthread_exit(): it would run the process's last rites when it is the last thread. */
    if (o.leader_exits)
        syscall(SYS_exit, 0);
    stay();
}
