/* Preloaded into the program by `shim.rs`: system calls that do what they may do but seldom do. Each setting is an environment
 * variable SHIM_NAME and makes calls misbehave; where none is set, nothing happens.
 *
 * Streams; each of these counts by dice, so that one call in N misbehaves:
 *   SHORT=BYTES      reads and writes move at most that much (every call)
 *   EINTR=N          calls fail with EINTR
 *   EAGAIN=N         reads and writes fail with EAGAIN although they could go on
 *   REFUSE=N         splice and sendfile fail with EINVAL
 *   STALE=1          read and sendfile of a regular file fail with ESTALE, as those of a network may
 *   PIPE_READ=ERRNO  a read of a pipe that would give bytes fails so, after PIPE_READ_AFTER of them
 *   PIPE_WRITE=ERRNO writes to a pipe fail so; neither is about the standard streams
 *   SEND=ERRNO       writes to a socket fail so
 *   MOVES=1          of the calls that move bytes, only splice and sendfile misbehave
 *   SPURIOUS=N       epoll_wait reports a descriptor that is neither readable nor writable, or gone already, as both
 *   SEED=N           another sequence of the same
 * Datagrams; every N-th call misbehaves:
 *   SEND_EAGAIN=N    sendmmsg says that the socket has no room, although it has: no event follows
 *   SEND_MOST=N      sendmmsg takes at most N messages
 *   SEND_EINTR=N     sendmmsg is interrupted
 *   RECV_EINTR=N     recvmmsg is interrupted
 *   RECV_MOST=N      recvmmsg gives at most N messages, and an event follows where it could have given more
 *   BIND_IN_USE=N    only the N-th call of bind finds its address in use
 * Listening:
 *   ACCEPT=ERRNO     the first ACCEPT_TIMES calls of accept4 fail so
 *   UNLINK=PATH      the first unlink of a path that ends in "/s" makes this file, and waits until somebody has removed it, a
 *                    minute at most
 * Children:
 *   CLOSE_RANGE, PIDFD_SEND, OPENPT, CLONE=ERRNO     close_range, pidfd_send_signal, posix_openpt, clone fail so
 *   PIDFD_OPEN=ERRNO pidfd_open fails so, but for the first PIDFD_AFTER calls
 *   EPOLL=ERRNO      epoll_ctl refuses the descriptor of a process so
 *   PROC=1           there is no /proc/self/fd
 * All:
 *   LOG=FILE         how many calls have misbehaved, written at exit
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define REMEMBERED 64
#define DESCRIPTORS 1024

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

#define SETTINGS(X) \
    X(SHORT) X(EINTR) X(EAGAIN) X(REFUSE) X(STALE) X(MOVES) X(SPURIOUS) X(SEED) \
    X(SEND_EAGAIN) X(SEND_MOST) X(SEND_EINTR) X(RECV_EINTR) X(RECV_MOST) X(BIND_IN_USE) X(ACCEPT) X(ACCEPT_TIMES) \
    X(PIPE_READ) X(PIPE_READ_AFTER) X(PIPE_WRITE) X(SEND) \
    X(CLOSE_RANGE) X(PIDFD_SEND) X(OPENPT) X(CLONE) X(PIDFD_OPEN) X(PIDFD_AFTER) X(EPOLL) X(PROC)
#define INDEX(name) S_##name,
#define NAME(name) "SHIM_" #name,
enum { SETTINGS(INDEX) N_SETTINGS };
static const char *const names[] = {SETTINGS(NAME)};
static long settings[N_SETTINGS];
#define SET(name) settings[S_##name]

static atomic_long misbehaved;
static epoll_data_t remembered[REMEMBERED];
static atomic_int n_remembered;
static int epolls[DESCRIPTORS];
static struct epoll_event registered[DESCRIPTORS];

__attribute__((constructor)) static void begin(void) {
    for (int i = 0; i < N_SETTINGS; i++) {
        const char *value = getenv(names[i]);
        settings[i] = value ? atol(value) : 0;
    }
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("SHIM_LOG");
    FILE *log = path ? fopen(path, "w") : NULL;
    if (log) {
        fprintf(log, "%ld\n", atomic_load(&misbehaved));
        fclose(log);
    }
}

/* Counts a call that misbehaves; with an error where `error` is one. */
static int misbehave(int error) {
    atomic_fetch_add(&misbehaved, 1);
    if (error)
        errno = error;
    return 1;
}

/* Whether a call is always to fail with this error, if it is one. */
static int fails_with(long error) {
    return error && misbehave((int)error);
}

/* xorshift64* */
static uint32_t dice(void) {
    static __thread uint64_t state;
    if (!state)
        state = 0x9e3779b97f4a7c15u * (uint64_t)(SET(SEED) + 1);
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 32);
}

static int one_in(long n, int error) {
    return n > 0 && dice() % (uint32_t)n == 0 && misbehave(error);
}

/* Each has a count of its own, so that no two of them fall into step. */
static int every(long n, long *calls, int error) {
    return n > 0 && ++*calls % n == 0 && misbehave(error);
}

static mode_t kind(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

static int concerns(int fd) {
    return !SET(MOVES) && fd != 2 && (kind(fd) == S_IFSOCK || kind(fd) == S_IFIFO);
}

static int fails_somehow(void) {
    return one_in(SET(EINTR), EINTR) || one_in(SET(EAGAIN), EAGAIN);
}

static int is_stale(int fd) {
    return SET(STALE) && kind(fd) == S_IFREG && misbehave(ESTALE);
}

static int fails(int fd) {
    return (SET(EINTR) > 0 || SET(EAGAIN) > 0) && concerns(fd) && fails_somehow();
}

static int move_fails(void) {
    return one_in(SET(REFUSE), EINVAL) || fails_somehow();
}

static size_t cut(size_t n) {
    if (SET(SHORT) <= 0 || n <= 1)
        return n;
    size_t most = 1 + dice() % (uint32_t)SET(SHORT);
    return n > most && misbehave(0) ? most : n;
}

static size_t shortened(int fd, size_t n) {
    return SET(SHORT) > 0 && concerns(fd) ? cut(n) : n;
}

/* Whether slices are to be moved as one, which is the beginning of them that is at most as long as allowed. */
static int one_slice(int fd, const struct iovec *from, size_t n, struct iovec *slice) {
    if (SET(SHORT) <= 0 || n < 1 || !concerns(fd))
        return 0;
    size_t i = 0;
    while (i + 1 < n && from[i].iov_len == 0)
        i++;
    *slice = from[i];
    slice->iov_len = cut(slice->iov_len);
    return 1;
}

/* Whether it is a pipe, and not a standard stream that was opened again. */
static int is_own_pipe(int fd) {
    struct stat status, standard;
    if (fd <= 2 || fstat(fd, &status) != 0 || (status.st_mode & S_IFMT) != S_IFIFO)
        return 0;
    for (int i = 0; i <= 2; i++)
        if (fstat(i, &standard) == 0 && standard.st_dev == status.st_dev && standard.st_ino == status.st_ino)
            return 0;
    return 1;
}

static int send_fails(int fd) {
    return (SET(SEND) && kind(fd) == S_IFSOCK && fails_with(SET(SEND))) ||
           (SET(PIPE_WRITE) && is_own_pipe(fd) && fails_with(SET(PIPE_WRITE)));
}

ssize_t read(int fd, void *buffer, size_t n) {
    static long reads;
    if (is_stale(fd) || fails(fd))
        return -1;
    ssize_t got = NEXT(read)(fd, buffer, shortened(fd, n));
    if (got > 0 && SET(PIPE_READ) && is_own_pipe(fd) && reads++ >= SET(PIPE_READ_AFTER) && fails_with(SET(PIPE_READ)))
        return -1;
    return got;
}

ssize_t write(int fd, const void *buffer, size_t n) {
    return send_fails(fd) || fails(fd) ? -1 : NEXT(write)(fd, buffer, shortened(fd, n));
}

ssize_t recv(int fd, void *buffer, size_t n, int flags) {
    return fails(fd) ? -1 : NEXT(recv)(fd, buffer, shortened(fd, n), flags);
}

ssize_t send(int fd, const void *buffer, size_t n, int flags) {
    return send_fails(fd) || fails(fd) ? -1 : NEXT(send)(fd, buffer, shortened(fd, n), flags);
}

ssize_t readv(int fd, const struct iovec *slices, int n) {
    struct iovec slice;
    if (fails(fd))
        return -1;
    return one_slice(fd, slices, n, &slice) ? NEXT(readv)(fd, &slice, 1) : NEXT(readv)(fd, slices, n);
}

ssize_t writev(int fd, const struct iovec *slices, int n) {
    struct iovec slice;
    if (send_fails(fd) || fails(fd))
        return -1;
    return one_slice(fd, slices, n, &slice) ? NEXT(writev)(fd, &slice, 1) : NEXT(writev)(fd, slices, n);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    struct iovec slice;
    struct msghdr shorter = *message;
    if (send_fails(fd) || fails(fd))
        return -1;
    if (one_slice(fd, message->msg_iov, message->msg_iovlen, &slice)) {
        shorter.msg_iov = &slice;
        shorter.msg_iovlen = 1;
    }
    return NEXT(sendmsg)(fd, &shorter, flags);
}

ssize_t splice(int from, off_t *from_offset, int to, off_t *to_offset, size_t n, unsigned flags) {
    return move_fails() ? -1 : NEXT(splice)(from, from_offset, to, to_offset, cut(n), flags);
}

ssize_t sendfile(int to, int from, off_t *offset, size_t n) {
    return is_stale(from) || move_fails() ? -1 : NEXT(sendfile)(to, from, offset, cut(n));
}

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
    static long calls;
    if ((calls++ < SET(ACCEPT_TIMES) && fails_with(SET(ACCEPT))) || one_in(SET(EINTR), EINTR))
        return -1;
    return NEXT(accept4)(fd, address, length, flags);
}

int bind(int fd, const struct sockaddr *address, socklen_t length) {
    static long calls;
    return ++calls == SET(BIND_IN_USE) && misbehave(EADDRINUSE) ? -1 : NEXT(bind)(fd, address, length);
}

int unlink(const char *path) {
    static int waited;
    const char *here = getenv("SHIM_UNLINK");
    size_t length = strlen(path);
    if (here && !waited && length >= 2 && strcmp(path + length - 2, "/s") == 0) {
        waited = misbehave(0);
        close(open(here, O_CREAT | O_WRONLY, 0600));
        for (int i = 0; i < 6000 && access(here, F_OK) == 0; i++)
            usleep(10000);
    }
    return NEXT(unlink)(path);
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

/* What was ever registered is remembered, beyond its removal: an event for it is stale then. */
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
    if (operation == EPOLL_CTL_ADD) {
        if (SET(EPOLL) && is_of_process(fd) && fails_with(SET(EPOLL)))
            return -1;
        if (SET(SPURIOUS) > 0)
            remembered[atomic_fetch_add(&n_remembered, 1) % REMEMBERED] = event->data;
        if (fd >= 0 && fd < DESCRIPTORS) {
            epolls[fd] = epoll;
            registered[fd] = *event;
        }
    }
    return NEXT(epoll_ctl)(epoll, operation, fd, event);
}

int epoll_wait(int epoll, struct epoll_event *events, int room, int timeout) {
    if (one_in(SET(EINTR), EINTR))
        return -1;
    int known = atomic_load(&n_remembered);
    int adds = known > 0 && room > 1 && one_in(SET(SPURIOUS), 0);
    /* With something to report, there is no wait. */
    int n = NEXT(epoll_wait)(epoll, events, adds ? room - 1 : room, adds ? 0 : timeout);
    if (n >= 0 && adds) {
        int among = known < REMEMBERED ? known : REMEMBERED;
        events[n].events = EPOLLIN | EPOLLOUT;
        events[n].data = remembered[dice() % (uint32_t)among];
        n++;
    }
    return n;
}

/* Registering anew brings an event for what is ready, as the kernel would have it once there is room again. */
static void have_an_event(int fd) {
    if (fd >= 0 && fd < DESCRIPTORS && epolls[fd] > 0)
        NEXT(epoll_ctl)(epolls[fd], EPOLL_CTL_MOD, fd, &registered[fd]);
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags) {
    static long interrupts, refusals;
    if (every(SET(SEND_EINTR), &interrupts, EINTR))
        return -1;
    if (every(SET(SEND_EAGAIN), &refusals, 0)) {
        errno = EAGAIN;
        return -1;
    }
    if (SET(SEND_MOST) > 0 && n > (unsigned)SET(SEND_MOST) && misbehave(0))
        n = (unsigned)SET(SEND_MOST);
    return NEXT(sendmmsg)(fd, messages, n, flags);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags, struct timespec *timeout) {
    static long interrupts;
    if (every(SET(RECV_EINTR), &interrupts, EINTR))
        return -1;
    int is_short = SET(RECV_MOST) > 0 && n > (unsigned)SET(RECV_MOST);
    int received = NEXT(recvmmsg)(fd, messages, is_short ? (unsigned)SET(RECV_MOST) : n, flags, timeout);
    if (is_short && received == SET(RECV_MOST) && misbehave(0))
        have_an_event(fd);
    return received;
}

long syscall(long number, ...) {
    static long opened;
    long a[6];
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(rest, long);
    va_end(rest);
    if ((number == SYS_close_range && fails_with(SET(CLOSE_RANGE))) ||
        (number == SYS_pidfd_open && opened++ >= SET(PIDFD_AFTER) && fails_with(SET(PIDFD_OPEN))) ||
        (number == SYS_pidfd_send_signal && fails_with(SET(PIDFD_SEND))))
        return -1;
    return ((long (*)(long, ...))dlsym(RTLD_NEXT, "syscall"))(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int posix_openpt(int flags) {
    return fails_with(SET(OPENPT)) ? -1 : NEXT(posix_openpt)(flags);
}

int clone(int (*run)(void *), void *stack, int flags, void *argument, ...) {
    typedef int (*function)(int (*)(void *), void *, int, void *, ...);
    return fails_with(SET(CLONE)) ? -1 : ((function)dlsym(RTLD_NEXT, "clone"))(run, stack, flags, argument);
}

DIR *opendir(const char *path) {
    return SET(PROC) && strcmp(path, "/proc/self/fd") == 0 && misbehave(ENOENT) ? NULL : NEXT(opendir)(path);
}
