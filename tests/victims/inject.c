/*
 * Runs a command under another kernel's answers: some system calls of it, and of all that it starts, fail as they are
 * told to, or do what only a future kernel does. The kernel stops each such call (seccomp user notification), and a
 * supervisor outside decides. Nothing is preloaded: programs with a JIT, AOT and static ones are treated alike.
 *
 *   inject [OPTION]... -- COMMAND ARG...
 *
 *   --fail CALL=ERRNO[:FIRST[:COUNT]]
 *                      COUNT calls (all) fail, from the FIRST (1) on. They are counted over all processes, those that do
 *                      not fail included. Again for another call, or for other numbers.
 *                      CALL: process_mrelease pidfd_open pidfd_send_signal wait4 kcmp, or ptrace (PTRACE_SEIZE alone)
 *                      ptrace_detach ptrace_interrupt; waitpid is wait4
 *   --reap-kill        a kernel with PROCESS_MRELEASE_REAP_KILL: process_mrelease(pidfd, 1) kills and reaps as one
 *   --expedite BIT     a kernel where pidfd_send_signal(pidfd, SIGKILL, NULL, BIT) kills, and zaps before it returns;
 *                      BIT is the flag itself, such as 0x10
 *   --count FILE       write, at the end, a line for each call: its name, how often it came, how often it was failed
 *
 * It ends as the command does: with its status, or by its signal; with 125 when it could not start, 126 and 127 as a
 * shell. Signals to it are passed on. What the command leaves running gets ENOSYS for these calls from then on. It needs
 * root, and cannot run under itself: the kernel has one listener for a process.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "add the AUDIT_ARCH of this machine"
#endif

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#define PIDFD_THREAD_FLAG O_EXCL /* PIDFD_THREAD, since Linux 6.9 */
#define REAP_KILL 1u             /* PROCESS_MRELEASE_REAP_KILL */

#define LENGTH(array) (sizeof(array) / sizeof *(array))
enum { ANY = -1, MAX_RULES = 64, MAX_OPERATIONS = 256, OWN_FAILURE = 125 };

static const struct {
    const char *name;
    int value;
} error_names[] = {
    { "EPERM", EPERM }, { "ESRCH", ESRCH }, { "EINTR", EINTR }, { "EBADF", EBADF }, { "EAGAIN", EAGAIN },
    { "ENOMEM", ENOMEM }, { "EACCES", EACCES }, { "EBUSY", EBUSY }, { "EINVAL", EINVAL }, { "EMFILE", EMFILE },
    { "ENOSYS", ENOSYS }, { "EIO", EIO },       { "ECHILD", ECHILD },
};

/* What can be failed. The request is ptrace's first argument. */
static struct {
    const char *name;
    int number, request;
    int is_watched;
    unsigned long seen, failed;
} calls[] = {
    { .name = "process_mrelease", .number = __NR_process_mrelease, .request = ANY },
    { .name = "pidfd_send_signal", .number = __NR_pidfd_send_signal, .request = ANY },
    { .name = "pidfd_open", .number = __NR_pidfd_open, .request = ANY },
    { .name = "ptrace", .number = __NR_ptrace, .request = PTRACE_SEIZE },
    { .name = "ptrace_detach", .number = __NR_ptrace, .request = PTRACE_DETACH },
    { .name = "ptrace_interrupt", .number = __NR_ptrace, .request = PTRACE_INTERRUPT },
    { .name = "wait4", .number = __NR_wait4, .request = ANY },
    { .name = "kcmp", .number = __NR_kcmp, .request = ANY },
};
enum { RELEASE, SIGNAL };

static struct {
    int call, error;
    unsigned long first, count;
} rules[MAX_RULES];
static int rule_count;

static int has_reap_kill;
static unsigned expedite_flag;
static FILE *count_file;
static int listener;
static pid_t command;

/* Kills that are under way, each in a process of its own. */
static struct {
    pid_t process;
    uint64_t notification;
} operations[MAX_OPERATIONS];

static void die(const char *what)
{
    fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
    _exit(OWN_FAILURE);
}

static void die_of(const char *what, const char *word)
{
    fprintf(stderr, "inject: %s: %s\n", what, word);
    _exit(OWN_FAILURE);
}

static int find_call(const char *name)
{
    if (!strcmp(name, "waitpid"))
        name = "wait4";
    for (size_t i = 0; i < LENGTH(calls); i++)
        if (!strcmp(name, calls[i].name))
            return (int)i;
    die_of("no such call", name);
    return -1;
}

static int find_error(const char *name)
{
    for (size_t i = 0; i < LENGTH(error_names); i++)
        if (!strcmp(name, error_names[i].name))
            return error_names[i].value;
    die_of("no such errno", name);
    return -1;
}

static unsigned long number(const char *text)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 0);
    if (errno || end == text || *end || *text == '-' || !value)
        die_of("not a number above 0", text);
    return value;
}

/* CALL=ERRNO[:FIRST[:COUNT]] */
static void add_rule(char *text)
{
    if (rule_count == MAX_RULES)
        die_of("too many --fail", text);
    char *error = strchr(text, '=');
    if (!error)
        die_of("--fail wants CALL=ERRNO[:FIRST[:COUNT]]", text);
    *error++ = 0;
    char *first = strchr(error, ':'), *count = NULL;
    if (first) {
        *first++ = 0;
        if ((count = strchr(first, ':')))
            *count++ = 0;
    }
    rules[rule_count].call = find_call(text);
    rules[rule_count].error = find_error(error);
    rules[rule_count].first = first ? number(first) : 1;
    rules[rule_count].count = count ? number(count) : (unsigned long)-1;
    calls[rules[rule_count++].call].is_watched = 1;
}

static void parse(int count, char **words)
{
    const struct option options[] = {
        { "fail", 1, NULL, 'f' }, { "reap-kill", 0, NULL, 'r' }, { "expedite", 1, NULL, 'e' },
        { "count", 1, NULL, 'c' }, { NULL, 0, NULL, 0 },
    };
    for (int found; (found = getopt_long(count, words, "+", options, NULL)) != -1;) {
        switch (found) {
        case 'f': add_rule(optarg); break;
        case 'r': has_reap_kill = calls[RELEASE].is_watched = 1; break;
        case 'e':
            expedite_flag = (unsigned)number(optarg);
            if (expedite_flag & (expedite_flag - 1) || number(optarg) > UINT32_MAX)
                die_of("--expedite wants one bit", optarg);
            calls[SIGNAL].is_watched = 1;
            break;
        case 'c':
            if (!(count_file = fopen(optarg, "we")))
                die(optarg);
            for (size_t i = 0; i < LENGTH(calls); i++)
                calls[i].is_watched = 1;
            break;
        default: fprintf(stderr, "inject: see the head of inject.c for the options\n"); _exit(OWN_FAILURE);
        }
    }
    if (optind >= count)
        die_of("what command?", words[0]);
}

/* The supervisor hears of the watched calls; all others go their way. */
static int install_filter(void)
{
    struct sock_filter code[4 + 6 * LENGTH(calls)], *next = code;
#define LOAD(field) ((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field)))
#define UNLESS(value, skip) ((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), 0, skip))
#define RETURN(what) ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what))
    *next++ = LOAD(arch);
    *next++ = UNLESS(ARCHITECTURE, 1);
    *next++ = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1);
    *next++ = RETURN(SECCOMP_RET_ALLOW);
    for (size_t i = 0; i < LENGTH(calls); i++) {
        if (!calls[i].is_watched)
            continue;
        int has_request = calls[i].request != ANY;
        *next++ = LOAD(nr);
        *next++ = UNLESS(calls[i].number, has_request ? 3 : 1);
        if (has_request) {
            *next++ = LOAD(args[0]); /* the lower half, on little-endian machines */
            *next++ = UNLESS(calls[i].request, 1);
        }
        *next++ = RETURN(SECCOMP_RET_USER_NOTIF);
    }
    *next++ = RETURN(SECCOMP_RET_ALLOW);

    struct sock_fprog program = { .len = (unsigned short)(next - code), .filter = code };
    /* Killable: a signal that a program handles would else end the call and begin it again, and it would count twice. */
    unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    for (;;) {
        long made = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
        if (made >= 0)
            return (int)made;
        if (errno == EINVAL && flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
            flags &= ~SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV; /* before Linux 5.19 */
        else if (errno != EACCES || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
            die("seccomp");
    }
}

/* Starts the command with the filter in place; leaves the filter's listener in this process. */
static void start(char **words, const sigset_t *signals)
{
    int ask[2], go[2], descriptor;
    pid_t parent = getpid();
    if (pipe2(ask, O_CLOEXEC) || pipe2(go, O_CLOEXEC))
        die("pipe");
    command = fork();
    if (command < 0)
        die("fork");
    if (command == 0) {
        char byte;
        close(go[1]);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(OWN_FAILURE);
        sigprocmask(SIG_SETMASK, signals, NULL);
        descriptor = install_filter();
        if (write(ask[1], &descriptor, sizeof descriptor) != sizeof descriptor || read(go[0], &byte, 1) != 1)
            _exit(OWN_FAILURE);
        execvp(words[0], words);
        fprintf(stderr, "inject: %s: %s\n", words[0], strerror(errno));
        _exit(errno == ENOENT ? 127 : 126);
    }
    close(ask[1]);
    if (read(ask[0], &descriptor, sizeof descriptor) != sizeof descriptor)
        _exit(OWN_FAILURE); /* it has said why */
    int process = (int)syscall(SYS_pidfd_open, command, 0);
    listener = (int)syscall(SYS_pidfd_getfd, process, descriptor, 0);
    if (listener < 0)
        die("pidfd_getfd");
    close(process);
    if (write(go[1], "", 1) != 1)
        die("pipe");
    close(ask[0]);
    close(go[0]);
    close(go[1]);
}

static void answer(uint64_t notification, int error, unsigned flags)
{
    struct seccomp_notif_resp response = { .id = notification, .error = -error, .flags = flags };
    /* ENOENT: the caller is dead. */
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) && errno != ENOENT)
        die("SECCOMP_IOCTL_NOTIF_SEND");
}

/* What a line of a /proc file says behind its key; -1: there is none. */
static long read_field(const char *path, const char *key)
{
    char line[256];
    long value = -1;
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, key, strlen(key)))
            value = strtol(line + strlen(key), NULL, 10);
    if (file)
        fclose(file);
    return value;
}

/* A copy of the caller's descriptor; -1 and errno when there is none. */
static int take_descriptor(const struct seccomp_notif *call, int descriptor)
{
    char path[64];
    int caller = (int)syscall(SYS_pidfd_open, call->pid, PIDFD_THREAD_FLAG);
    if (caller < 0 && errno == EINVAL) {
        snprintf(path, sizeof path, "/proc/%u/status", call->pid);
        caller = (int)syscall(SYS_pidfd_open, (pid_t)read_field(path, "Tgid:"), 0);
    }
    if (caller < 0)
        return -1;
    int copy = (int)syscall(SYS_pidfd_getfd, caller, descriptor, 0), error = errno;
    close(caller);
    errno = error;
    return copy;
}

/* The first thread may be a zombie: any other will do. Without a hold, the victim may win the race, and that is all. */
static void hold(pid_t process)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", process);
    DIR *threads = opendir(path);
    for (struct dirent *entry; threads && (entry = readdir(threads));) {
        pid_t thread = atoi(entry->d_name);
        if (thread > 0 && !ptrace(PTRACE_SEIZE, thread, 0, PTRACE_O_TRACEEXIT))
            break;
    }
    if (threads)
        closedir(threads);
}

/* Gives the errno of the whole. Held until this process ends, the victim cannot be quicker than the reap. */
static int kill_and_reap(const struct seccomp_notif *call, int is_signal)
{
    char path[64];
    int victim = take_descriptor(call, (int)call->data.args[0]);
    if (victim < 0)
        return errno == EBADF ? EBADF : ESRCH;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", victim);
    long process = read_field(path, "Pid:");
    /* The caller's ID may have gone to another by now, and the descriptor would be that one's. */
    uint64_t id = call->id;
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id))
        return ESRCH;
    if (process > 0)
        hold((pid_t)process);
    if (syscall(SYS_pidfd_send_signal, victim, SIGKILL, NULL, 0))
        return errno;
    int error = syscall(SYS_process_mrelease, victim, 0) ? errno : 0;
    return is_signal ? 0 : error;
}

/*
 * A process of its own for each: one that has to wait keeps nobody else waiting, and its end, whatever it is, makes
 * the kernel let go of what it traced.
 */
static void start_operation(const struct seccomp_notif *call, int is_signal)
{
    size_t place = 0;
    while (place < MAX_OPERATIONS && operations[place].process)
        place++;
    pid_t supervisor = getpid();
    pid_t process = place < MAX_OPERATIONS ? fork() : -1;
    if (process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(getppid() == supervisor ? kill_and_reap(call, is_signal) : EINTR);
    }
    if (process < 0) {
        answer(call->id, EAGAIN, 0);
        return;
    }
    operations[place].process = process;
    operations[place].notification = call->id;
}

static void finish_operation(pid_t process, int status)
{
    for (size_t i = 0; i < MAX_OPERATIONS; i++)
        if (operations[i].process == process) {
            operations[i].process = 0;
            answer(operations[i].notification, WIFEXITED(status) ? WEXITSTATUS(status) : EINTR, 0);
        }
}

static int failure(int call, unsigned long turn)
{
    for (int i = 0; i < rule_count; i++)
        if (rules[i].call == call && turn >= rules[i].first && turn - rules[i].first < rules[i].count)
            return rules[i].error;
    return 0;
}

static void handle_call(void)
{
    struct seccomp_notif call = { 0 };
    /* ENOENT: the caller died meanwhile. */
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call)) {
        if (errno != ENOENT && errno != EINTR)
            die("SECCOMP_IOCTL_NOTIF_RECV");
        return;
    }
    int which = 0;
    while (calls[which].number != call.data.nr
           || (calls[which].request != ANY && calls[which].request != (int)call.data.args[0]))
        which++;
    int error = failure(which, ++calls[which].seen);
    unsigned flags = (unsigned)call.data.args[which == RELEASE ? 1 : 3];
    if (error) {
        calls[which].failed++;
        answer(call.id, error, 0);
    } else if (which == RELEASE && has_reap_kill && flags == REAP_KILL) {
        start_operation(&call, 0);
    } else if (which == SIGNAL && expedite_flag && flags == expedite_flag && (int)call.data.args[1] == SIGKILL) {
        start_operation(&call, 1);
    } else {
        /* Other flags are for the kernel to refuse. */
        answer(call.id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
    }
}

/* Gives the command's status once it has ended; else -1. */
static int collect_children(void)
{
    int status;
    for (pid_t process; (process = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (process == command)
            return status;
        finish_operation(process, status);
    }
    return -1;
}

static void pass_on(int signals)
{
    struct signalfd_siginfo info;
    /* From a terminal, the command has got it, too. */
    if (read(signals, &info, sizeof info) == sizeof info && info.ssi_signo != SIGCHLD && info.ssi_code <= 0)
        kill(command, (int)info.ssi_signo);
}

/* Gives the command's status. */
static int supervise(int signals)
{
    struct pollfd wanted[] = { { signals, POLLIN, 0 }, { listener, POLLIN, 0 } };
    int status;
    while ((status = collect_children()) < 0) {
        if (poll(wanted, LENGTH(wanted), -1) < 0 && errno != EINTR)
            die("poll");
        if (wanted[0].revents & POLLIN)
            pass_on(signals);
        if (wanted[1].revents & POLLIN)
            handle_call();
        else if (wanted[1].revents)
            wanted[1].fd = -1; /* nobody is left to be watched: the command's end is on its way */
    }
    return status;
}

static void finish(int status) __attribute__((noreturn));
static void finish(int status)
{
    for (size_t i = 0; i < MAX_OPERATIONS; i++)
        if (operations[i].process && !kill(operations[i].process, SIGKILL))
            waitpid(operations[i].process, NULL, 0);
    if (count_file) {
        for (size_t i = 0; i < LENGTH(calls); i++)
            fprintf(count_file, "%s %lu %lu\n", calls[i].name, calls[i].seen, calls[i].failed);
        if (fclose(count_file))
            die("the count file");
    }
    if (WIFEXITED(status))
        exit(WEXITSTATUS(status));
    sigset_t none;
    sigemptyset(&none);
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    signal(WTERMSIG(status), SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    raise(WTERMSIG(status));
    _exit(128 + WTERMSIG(status));
}

int main(int count, char **words)
{
    sigset_t blocked, before;
    parse(count, words);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&blocked);
    const int passed[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH };
    for (size_t i = 0; i < LENGTH(passed); i++)
        sigaddset(&blocked, passed[i]);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    int signals = signalfd(-1, &blocked, SFD_CLOEXEC);
    if (signals < 0)
        die("signalfd");
    start(words + optind, &before);
    finish(supervise(signals));
}
