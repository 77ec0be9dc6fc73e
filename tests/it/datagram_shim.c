/* Preloaded into the program by datagram_faults.rs: recvmmsg and sendmmsg that do what they may do but seldom do. Each
 * variable makes calls misbehave; none of them is set, nothing happens.
 *
 *   SHIM_SEND_EAGAIN=N  one call of sendmmsg in N says that the socket has no room, and an event says later that it has
 *   SHIM_SEND_MOST=N    sendmmsg takes at most N messages
 *   SHIM_SEND_EINTR=N   one call of sendmmsg in N is interrupted
 *   SHIM_RECV_EINTR=N   one call of recvmmsg in N is interrupted
 *   SHIM_RECV_MOST=N    recvmmsg gives at most N messages, and an event follows where it could have given more
 *   SHIM_BIND_IN_USE=N  the N-th call of bind finds its address in use
 *   SHIM_LOG=FILE       how many calls have misbehaved, written at exit
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define DESCRIPTORS 1024

static long send_eagain, send_most, send_eintr, recv_eintr, recv_most, bind_in_use, misbehaved;
static int epolls[DESCRIPTORS];
static struct epoll_event registered[DESCRIPTORS];

static long setting(const char *name) {
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

__attribute__((constructor)) static void begin(void) {
    send_eagain = setting("SHIM_SEND_EAGAIN");
    send_most = setting("SHIM_SEND_MOST");
    send_eintr = setting("SHIM_SEND_EINTR");
    recv_eintr = setting("SHIM_RECV_EINTR");
    recv_most = setting("SHIM_RECV_MOST");
    bind_in_use = setting("SHIM_BIND_IN_USE");
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("SHIM_LOG");
    FILE *log = path ? fopen(path, "w") : NULL;
    if (log) {
        fprintf(log, "%ld\n", misbehaved);
        fclose(log);
    }
}

/* Each has a count of its own, so that no two of them fall into step. */
static int one_in(long n, long *calls) {
    if (n <= 0 || ++*calls % n != 0)
        return 0;
    misbehaved++;
    return 1;
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
    if (operation == EPOLL_CTL_ADD && fd >= 0 && fd < DESCRIPTORS) {
        epolls[fd] = epoll;
        registered[fd] = *event;
    }
    return NEXT(epoll_ctl)(epoll, operation, fd, event);
}

int bind(int fd, const struct sockaddr *address, socklen_t length) {
    static long calls;
    if (++calls == bind_in_use) {
        misbehaved++;
        errno = EADDRINUSE;
        return -1;
    }
    return NEXT(bind)(fd, address, length);
}

/* Registering anew brings an event for what is ready, as the kernel would have it once there is room again. */
static void have_an_event(int fd) {
    if (fd >= 0 && fd < DESCRIPTORS && epolls[fd] > 0)
        NEXT(epoll_ctl)(epolls[fd], EPOLL_CTL_MOD, fd, &registered[fd]);
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags) {
    static long interrupts, refusals;
    if (one_in(send_eintr, &interrupts)) {
        errno = EINTR;
        return -1;
    }
    if (one_in(send_eagain, &refusals)) {
        have_an_event(fd);
        errno = EAGAIN;
        return -1;
    }
    if (send_most > 0 && n > (unsigned)send_most) {
        misbehaved++;
        n = (unsigned)send_most;
    }
    return NEXT(sendmmsg)(fd, messages, n, flags);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags, struct timespec *timeout) {
    static long interrupts;
    if (one_in(recv_eintr, &interrupts)) {
        errno = EINTR;
        return -1;
    }
    int is_short = recv_most > 0 && n > (unsigned)recv_most;
    int received = NEXT(recvmmsg)(fd, messages, is_short ? (unsigned)recv_most : n, flags, timeout);
    if (is_short && received == recv_most) {
        misbehaved++;
        have_an_event(fd);
    }
    return received;
}
