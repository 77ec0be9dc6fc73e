/* LD_PRELOAD: the first ACCEPT_TIMES calls of accept4(2) fail with errno ACCEPT_ERRNO. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
  static int (*real)(int, struct sockaddr *, socklen_t *, int);
  static int calls;
  if (calls < atoi(getenv("ACCEPT_TIMES"))) {
    calls++;
    errno = atoi(getenv("ACCEPT_ERRNO"));
    return -1;
  }
  if (!real) real = (int (*)(int, struct sockaddr *, socklen_t *, int))dlsym(RTLD_NEXT, "accept4");
  return real(fd, address, length, flags);
}
