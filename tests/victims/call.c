/*
 * Makes the system calls of the kill path, one after the other, and prints what each answered: its name, and OK, the
 * name of an errno, or a number.
 *
 *   call STEP...
 *
 *   open=PID        pidfd_open, for the steps that follow; before it, they use -1
 *   mrelease=FLAGS  process_mrelease
 *   signal=SIG/FLAGS  pidfd_send_signal
 *   seize=PID       ptrace(PTRACE_SEIZE, PTRACE_O_TRACEEXIT); interrupt=PID and detach=PID likewise
 *   wait=PID        waitpid(WNOHANG | __WALL)
 *   kcmp=PID        kcmp(this process, PID, KCMP_VM)
 *   exit=STATUS     end with it; die=SIG: end by a signal; stay=1: do not end
 *   repeat=N        do all steps before this one N times altogether
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int process = -1;

static int step(const char *word)
{
    char name[16] = "";
    unsigned value = 0, flags = 0;
    if (sscanf(word, "%15[a-z]=%u/%u", name, &value, &flags) < 2)
        return -1;
    long result;
    if (!strcmp(name, "open")) {
        if (process >= 0)
            close(process);
        result = process = (int)syscall(SYS_pidfd_open, value, 0);
    } else if (!strcmp(name, "mrelease"))
        result = syscall(SYS_process_mrelease, process, value);
    else if (!strcmp(name, "signal"))
        result = syscall(SYS_pidfd_send_signal, process, value, NULL, flags);
    else if (!strcmp(name, "seize"))
        result = ptrace(PTRACE_SEIZE, value, 0, PTRACE_O_TRACEEXIT);
    else if (!strcmp(name, "interrupt"))
        result = ptrace(PTRACE_INTERRUPT, value, 0, 0);
    else if (!strcmp(name, "detach"))
        result = ptrace(PTRACE_DETACH, value, 0, 0);
    else if (!strcmp(name, "wait"))
        result = waitpid((pid_t)value, NULL, WNOHANG | __WALL);
    else if (!strcmp(name, "kcmp"))
        result = syscall(SYS_kcmp, getpid(), value, KCMP_VM, 0, 0) >= 0 ? 0 : -1;
    else if (!strcmp(name, "exit"))
        exit((int)value);
    else if (!strcmp(name, "stay"))
        result = pause();
    else if (!strcmp(name, "die"))
        result = raise((int)value);
    else
        return -1;
    printf("%s %s\n", name, result >= 0 ? "OK" : strerrorname_np(errno));
    fflush(stdout);
    return 0;
}

int main(int count, char **words)
{
    for (int i = 1; i < count; i++) {
        unsigned times;
        if (sscanf(words[i], "repeat=%u", &times) == 1) {
            for (unsigned turn = 1; turn < times; turn++)
                for (int earlier = 1; earlier < i; earlier++)
                    step(words[earlier]);
        } else if (step(words[i])) {
            fprintf(stderr, "call: see the head of call.c: %s\n", words[i]);
            return 2;
        }
    }
    return 0;
}
