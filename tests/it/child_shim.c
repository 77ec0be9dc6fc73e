/* Preloaded into the program by exec_faults.rs: what a system may refuse when a child is started. None of the variables is set,
 * nothing happens.
 *
 *   SHIM_CLOSE_RANGE=ERRNO    close_range fails so
 *   SHIM_PIDFD_OPEN=ERRNO     pidfd_open fails so, but for the first SHIM_PIDFD_AFTER calls
 *   SHIM_PIDFD_SEND=ERRNO     pidfd_send_signal fails so
 *   SHIM_OPENPT=ERRNO         posix_openpt fails so
 *   SHIM_CLONE=ERRNO          clone fails so
 *   SHIM_EPOLL=ERRNO          epoll_ctl refuses the descriptor of a process so
 *   SHIM_PROC=1               there is no /proc/self/fd
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

static long setting(const char *name) {
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

/* Whether this call is to fail; errno says how. */
static int fails(const char *name) {
    long number = setting(name);
    if (number)
        errno = (int)number;
    return number != 0;
}

long syscall(long number, ...) {
    static long opened;
    long a[6];
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(rest, long);
    va_end(rest);
    if (number == SYS_close_range && fails("SHIM_CLOSE_RANGE"))
        return -1;
    if (number == SYS_pidfd_open && opened++ >= setting("SHIM_PIDFD_AFTER") && fails("SHIM_PIDFD_OPEN"))
        return -1;
    if (number == SYS_pidfd_send_signal && fails("SHIM_PIDFD_SEND"))
        return -1;
    return ((long (*)(long, ...))dlsym(RTLD_NEXT, "syscall"))(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int posix_openpt(int flags) {
    return fails("SHIM_OPENPT") ? -1 : NEXT(posix_openpt)(flags);
}

int clone(int (*run)(void *), void *stack, int flags, void *argument, ...) {
    if (fails("SHIM_CLONE"))
        return -1;
    typedef int (*function)(int (*)(void *), void *, int, void *, ...);
    return ((function)dlsym(RTLD_NEXT, "clone"))(run, stack, flags, argument);
}

static int is_of_process(int fd) {
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return 0;
    target[length] = 0;
    return strstr(target, "pidfd") != NULL;
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
    if (operation == EPOLL_CTL_ADD && setting("SHIM_EPOLL") && is_of_process(fd)) {
        errno = (int)setting("SHIM_EPOLL");
        return -1;
    }
    return NEXT(epoll_ctl)(epoll, operation, fd, event);
}

DIR *opendir(const char *path) {
    if (setting("SHIM_PROC") && strcmp(path, "/proc/self/fd") == 0) {
        errno = ENOENT;
        return NULL;
    }
    return NEXT(opendir)(path);
}
