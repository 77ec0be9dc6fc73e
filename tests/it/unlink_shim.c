/* LD_PRELOAD: the first unlink(2) of a path that ends in UNLINK_NAME makes the file UNLINK_HERE, and waits until somebody has
 * removed that, a minute at most. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int unlink(const char *path) {
  static int waited;
  const char *name = getenv("UNLINK_NAME"), *here = getenv("UNLINK_HERE");
  int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
  size_t length = strlen(path);
  if (!waited && length >= strlen(name) && !strcmp(path + length - strlen(name), name)) {
    waited = 1;
    close(open(here, O_CREAT | O_WRONLY, 0600));
    for (int i = 0; i < 6000 && access(here, F_OK) == 0; i++) usleep(10000);
  }
  return real(path);
}
