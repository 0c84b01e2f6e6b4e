/*
 * A library to be loaded before libc (LD_PRELOAD): it writes down, in order, what a process does to
 * the files under DISK_ROOT, so that `powerCut.ts` can build the disk as a power cut would leave it.
 * The process itself notices nothing.
 *
 * One record: type (1 byte), path length (u16), offset (u64), data length (u32), path, data; little
 * endian. Types: O created, W written, T cut to `offset`, S a sync of the file begins, D it has ended
 * (offset = number of its S), R renamed (data = new path), U removed, M folder made.
 *
 * A write and its record are one step under a lock, so that the records are in the order of the
 * writes. A sync covers what was recorded before it began.
 *
 * With a file DISK_FAULT that holds "ENOSPC" or "EIO", every write, creation and sync fails so.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096
#define REAL(name) ((__typeof__(&name))real(#name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *paths[FILES];
static dev_t devices[FILES];
static ino_t inodes[FILES];
static char root[PATH_MAX];
static size_t root_length;
static const char *fault_file;
static int record_fd = -1;
static uint64_t syncs;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
  const char *folder = getenv("DISK_ROOT"), *file = getenv("DISK_RECORD");
  fault_file = getenv("DISK_FAULT");
  if (folder == NULL || realpath(folder, root) == NULL) return;
  root_length = strlen(root);
  if (file != NULL)
    record_fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_ours(const char *path) {
  return root_length > 0 && strncmp(path, root, root_length) == 0 &&
         (path[root_length] == '/' || path[root_length] == 0);
}

/* Not everybody closes through libc: what is behind the number is looked at each time. */
static const char *path_of(int fd) {
  struct stat now;
  if (fd < 0 || fd >= FILES || paths[fd] == NULL || fstat(fd, &now) != 0) return NULL;
  return now.st_dev == devices[fd] && now.st_ino == inodes[fd] ? paths[fd] : NULL;
}

static void record(char type, const char *path, uint64_t offset, const void *data, size_t length) {
  if (record_fd < 0) return;
  unsigned char head[15];
  uint16_t path_length = (uint16_t)strlen(path);
  uint32_t data_length = (uint32_t)length;
  head[0] = (unsigned char)type;
  memcpy(head + 1, &path_length, 2);
  memcpy(head + 3, &offset, 8);
  memcpy(head + 11, &data_length, 4);
  struct iovec parts[3] = {{head, 15}, {(void *)path, path_length}, {(void *)data, length}};
  syscall(SYS_writev, record_fd, parts, 3);
}

/* The error to give, or 0. */
static int fault(const char *path) {
  if (fault_file == NULL || path == NULL) return 0;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, fault_file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[8] = {0};
  long length = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (length <= 0) return 0;
  return strncmp(text, "EIO", 3) == 0 ? EIO : ENOSPC;
}

static void absolute(const char *path, char *out) {
  /* The last part may not exist, the folder does. */
  char folder[PATH_MAX], resolved[PATH_MAX];
  const char *slash = strrchr(path, '/');
  snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(slash - path), slash == NULL ? "." : path);
  if (realpath(folder[0] == 0 ? "/" : folder, resolved) == NULL) snprintf(resolved, sizeof resolved, "?");
  snprintf(out, PATH_MAX, "%.2000s/%.2000s", resolved, slash == NULL ? path : slash + 1);
}

static int open_and_note(const char *path, int flags, mode_t mode) {
  char full[PATH_MAX];
  absolute(path, full);
  if (!is_ours(full)) return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  pthread_mutex_lock(&lock);
  struct stat before;
  int is_new = stat(full, &before) != 0;
  int error = is_new && (flags & O_CREAT) ? fault(full) : 0;
  int fd = -1;
  if (error != 0) errno = error;
  else fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  struct stat now;
  if (fd >= 0 && fd < FILES && fstat(fd, &now) == 0) {
    free(paths[fd]);
    paths[fd] = strdup(full);
    devices[fd] = now.st_dev;
    inodes[fd] = now.st_ino;
    if (is_new) record('O', full, 0, NULL, 0);
    else if (flags & O_TRUNC) record('T', full, 0, NULL, 0);
  }
  pthread_mutex_unlock(&lock);
  return fd;
}

static mode_t mode_of(int flags, va_list rest) { return flags & O_CREAT ? (mode_t)va_arg(rest, int) : 0; }

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_and_note(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_and_note(path, flags, mode);
}

static ssize_t write_and_note(int fd, const struct iovec *parts, int count, off64_t offset) {
  const char *path = path_of(fd);
  int error = fault(path);
  if (error != 0) {
    errno = error;
    return -1;
  }
  pthread_mutex_lock(&lock);
  if (offset < 0) offset = syscall(SYS_lseek, fd, 0, SEEK_CUR);
  ssize_t done = 0;
  for (int i = 0; i < count; i++) {
    ssize_t part = syscall(SYS_pwrite64, fd, parts[i].iov_base, parts[i].iov_len, offset + done);
    if (part < 0) {
      if (done == 0) done = -1;
      break;
    }
    if (part > 0) record('W', path, (uint64_t)(offset + done), parts[i].iov_base, (size_t)part);
    done += part;
    if ((size_t)part < parts[i].iov_len) break;
  }
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t write(int fd, const void *data, size_t length) {
  if (path_of(fd) == NULL) return syscall(SYS_write, fd, data, length);
  struct iovec part = {(void *)data, length};
  ssize_t done = write_and_note(fd, &part, 1, -1);
  if (done > 0) syscall(SYS_lseek, fd, done, SEEK_CUR);
  return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (path_of(fd) == NULL) return syscall(SYS_writev, fd, parts, count);
  ssize_t done = write_and_note(fd, parts, count, -1);
  if (done > 0) syscall(SYS_lseek, fd, done, SEEK_CUR);
  return done;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  if (path_of(fd) == NULL) return syscall(SYS_pwrite64, fd, data, length, offset);
  struct iovec part = {(void *)data, length};
  return write_and_note(fd, &part, 1, offset);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
  return pwrite64(fd, data, length, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  if (path_of(fd) == NULL) return REAL(pwritev64)(fd, parts, count, offset);
  return write_and_note(fd, parts, count, offset);
}

int ftruncate64(int fd, off64_t length) {
  const char *path = path_of(fd);
  if (path == NULL) return (int)syscall(SYS_ftruncate, fd, length);
  pthread_mutex_lock(&lock);
  int result = (int)syscall(SYS_ftruncate, fd, length);
  if (result == 0) record('T', path, (uint64_t)length, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int sync_and_note(int fd, long call) {
  const char *path = path_of(fd);
  if (path == NULL) return (int)syscall(call, fd);
  int error = fault(path);
  if (error != 0) {
    errno = error;
    return -1;
  }
  pthread_mutex_lock(&lock);
  uint64_t number = ++syncs;
  record('S', path, number, NULL, 0);
  pthread_mutex_unlock(&lock);
  int result = (int)syscall(call, fd);
  pthread_mutex_lock(&lock);
  if (result == 0) record('D', path, number, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int fsync(int fd) { return sync_and_note(fd, SYS_fsync); }

int fdatasync(int fd) { return sync_and_note(fd, SYS_fdatasync); }

int rename(const char *from, const char *to) {
  char full_from[PATH_MAX], full_to[PATH_MAX];
  absolute(from, full_from);
  absolute(to, full_to);
  pthread_mutex_lock(&lock);
  int result = REAL(rename)(from, to);
  if (result == 0 && is_ours(full_to)) record('R', full_from, 0, full_to, strlen(full_to));
  pthread_mutex_unlock(&lock);
  return result;
}

int unlink(const char *path) {
  char full[PATH_MAX];
  absolute(path, full);
  pthread_mutex_lock(&lock);
  int result = REAL(unlink)(path);
  if (result == 0 && is_ours(full)) record('U', full, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int mkdir(const char *path, mode_t mode) {
  char full[PATH_MAX];
  absolute(path, full);
  int error = is_ours(full) ? fault(full) : 0;
  if (error != 0) {
    errno = error;
    return -1;
  }
  pthread_mutex_lock(&lock);
  int result = REAL(mkdir)(path, mode);
  if (result == 0 && is_ours(full)) record('M', full, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
