/* Preloaded into the program by unreliable_calls.rs: system calls on pipes and sockets that do what they may do but
 * seldom do. Each variable N makes one call in N misbehave; none of them is set, nothing happens.
 *
 *   SHIM_SHORT=BYTES    reads and writes move at most that much (every call)
 *   SHIM_EINTR=N        calls fail with EINTR
 *   SHIM_EAGAIN=N       reads and writes fail with EAGAIN although they could go on
 *   SHIM_REFUSE=N       splice and sendfile fail with EINVAL
 *   SHIM_STALE=1        read and sendfile of a regular file fail with ESTALE, as those of a network may
 *   SHIM_MOVES=1        of the calls that move bytes, only splice and sendfile misbehave
 *   SHIM_SPURIOUS=N     epoll_wait reports a descriptor that is neither readable nor writable, or gone already, as both
 *   SHIM_SEED=N         another sequence of the same
 *   SHIM_LOG=FILE       how many calls have misbehaved, written at exit
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define REMEMBERED 64

static long limit, eintr, eagain, refuse, stale, moves_only, spurious;
static atomic_long misbehaved;
static epoll_data_t remembered[REMEMBERED];
static atomic_int n_remembered;

static long setting(const char *name) {
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

__attribute__((constructor)) static void begin(void) {
    limit = setting("SHIM_SHORT");
    eintr = setting("SHIM_EINTR");
    eagain = setting("SHIM_EAGAIN");
    refuse = setting("SHIM_REFUSE");
    stale = setting("SHIM_STALE");
    moves_only = setting("SHIM_MOVES");
    spurious = setting("SHIM_SPURIOUS");
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("SHIM_LOG");
    FILE *log = path ? fopen(path, "w") : NULL;
    if (log) {
        fprintf(log, "%ld\n", atomic_load(&misbehaved));
        fclose(log);
    }
}

/* xorshift64* */
static uint32_t dice(void) {
    static __thread uint64_t state;
    if (!state)
        state = 0x9e3779b97f4a7c15u * (uint64_t)(setting("SHIM_SEED") + 1);
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 32);
}

static int one_in(long n) {
    if (n <= 0 || dice() % (uint32_t)n != 0)
        return 0;
    atomic_fetch_add(&misbehaved, 1);
    return 1;
}

static int concerns(int fd) {
    struct stat status;
    return fd != 2 && fstat(fd, &status) == 0 && (S_ISSOCK(status.st_mode) || S_ISFIFO(status.st_mode));
}

static int fails_somehow(void) {
    if (one_in(eintr)) {
        errno = EINTR;
        return 1;
    }
    if (one_in(eagain)) {
        errno = EAGAIN;
        return 1;
    }
    return 0;
}

static int is_stale(int fd) {
    struct stat status;
    if (!stale || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return 0;
    atomic_fetch_add(&misbehaved, 1);
    errno = ESTALE;
    return 1;
}

static int fails(int fd) {
    return !moves_only && concerns(fd) && fails_somehow();
}

static int move_fails(void) {
    if (one_in(refuse)) {
        errno = EINVAL;
        return 1;
    }
    return fails_somehow();
}

static size_t cut(size_t n) {
    if (limit <= 0 || n <= 1)
        return n;
    size_t most = 1 + dice() % (uint32_t)limit;
    if (n <= most)
        return n;
    atomic_fetch_add(&misbehaved, 1);
    return most;
}

static size_t shortened(int fd, size_t n) {
    return moves_only || !concerns(fd) ? n : cut(n);
}

/* The beginning of `from` that is at most as long as allowed, as one slice. */
static struct iovec first_slice(int fd, const struct iovec *from, int n) {
    int i = 0;
    while (i + 1 < n && from[i].iov_len == 0)
        i++;
    struct iovec slice = from[i];
    slice.iov_len = shortened(fd, slice.iov_len);
    return slice;
}

ssize_t read(int fd, void *buffer, size_t n) {
    return is_stale(fd) || fails(fd) ? -1 : NEXT(read)(fd, buffer, shortened(fd, n));
}

ssize_t write(int fd, const void *buffer, size_t n) {
    return fails(fd) ? -1 : NEXT(write)(fd, buffer, shortened(fd, n));
}

ssize_t recv(int fd, void *buffer, size_t n, int flags) {
    return fails(fd) ? -1 : NEXT(recv)(fd, buffer, shortened(fd, n), flags);
}

ssize_t send(int fd, const void *buffer, size_t n, int flags) {
    return fails(fd) ? -1 : NEXT(send)(fd, buffer, shortened(fd, n), flags);
}

ssize_t readv(int fd, const struct iovec *slices, int n) {
    if (fails(fd))
        return -1;
    if (limit <= 0 || moves_only || n < 1 || !concerns(fd))
        return NEXT(readv)(fd, slices, n);
    struct iovec slice = first_slice(fd, slices, n);
    return NEXT(readv)(fd, &slice, 1);
}

ssize_t writev(int fd, const struct iovec *slices, int n) {
    if (fails(fd))
        return -1;
    if (limit <= 0 || moves_only || n < 1 || !concerns(fd))
        return NEXT(writev)(fd, slices, n);
    struct iovec slice = first_slice(fd, slices, n);
    return NEXT(writev)(fd, &slice, 1);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    if (fails(fd))
        return -1;
    if (limit <= 0 || moves_only || message->msg_iovlen < 1 || !concerns(fd))
        return NEXT(sendmsg)(fd, message, flags);
    struct iovec slice = first_slice(fd, message->msg_iov, (int)message->msg_iovlen);
    struct msghdr shorter = *message;
    shorter.msg_iov = &slice;
    shorter.msg_iovlen = 1;
    return NEXT(sendmsg)(fd, &shorter, flags);
}

ssize_t splice(int from, off_t *from_offset, int to, off_t *to_offset, size_t n, unsigned flags) {
    return move_fails() ? -1 : NEXT(splice)(from, from_offset, to, to_offset, cut(n), flags);
}

ssize_t sendfile(int to, int from, off_t *offset, size_t n) {
    return is_stale(from) || move_fails() ? -1 : NEXT(sendfile)(to, from, offset, cut(n));
}

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
    if (one_in(eintr)) {
        errno = EINTR;
        return -1;
    }
    return NEXT(accept4)(fd, address, length, flags);
}

/* What was ever registered is remembered, beyond its removal: an event for it is stale then. */
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
    if (spurious > 0 && operation == EPOLL_CTL_ADD) {
        int place = atomic_fetch_add(&n_remembered, 1);
        remembered[place % REMEMBERED] = event->data;
    }
    return NEXT(epoll_ctl)(epoll, operation, fd, event);
}

int epoll_wait(int epoll, struct epoll_event *events, int room, int timeout) {
    if (one_in(eintr)) {
        errno = EINTR;
        return -1;
    }
    int known = atomic_load(&n_remembered);
    int adds = known > 0 && room > 1 && one_in(spurious);
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
