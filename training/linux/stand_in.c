/* A program that stands in for another: it carries any path and arguments and does what the file named by STAND_IN says,
 * one operation a line. Used inside the recording sandbox alone, for daemons and tools that are not installed there.
 * The environment is not part of a recording, so only the path, the arguments and the effects are seen.
 * Descriptor 9: the journal. Descriptor 8: /proc outside the sandbox. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { JOURNAL = 9, OUTER = 8, ARGS = 64 };
static int marks_children;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void pause_for(const char *seconds) {
    dprintf(JOURNAL, "p %.6f %s\n", now(), seconds);
}

static void mark(void) {
    char pid[32] = {0};
    if (readlinkat(OUTER, "self", pid, sizeof pid - 1) > 0) dprintf(JOURNAL, "a %.6f %s\n", now(), pid);
}

static pid_t begin(void) {
    pid_t pid = fork();
    if (pid == 0) {
        if (marks_children) mark();
        marks_children = 0;
    }
    return pid;
}

static void finish(pid_t pid, int waits) {
    if (waits && pid > 0) waitpid(pid, NULL, 0);
}

static int dial(const char *host, const char *port, int type) {
    struct addrinfo hint = {.ai_family = AF_INET, .ai_socktype = type}, *found = NULL;
    if (getaddrinfo(host, port, &hint, &found) != 0) return -1;
    int fd = socket(AF_INET, type, 0);
    struct timeval limit = {2, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

static void talk(const char *host, const char *port, int type) {
    char answer[2048];
    int fd = dial(host, port, type);
    if (fd < 0) return;
    if (write(fd, "GET / HTTP/1.0\r\n\r\n", 18) > 0 && type == SOCK_STREAM) (void)!read(fd, answer, sizeof answer);
    close(fd);
}

static void serve(const char *port, int count) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (void *)&at, sizeof at) != 0 || listen(fd, 16) != 0) return;
    while (count-- > 0) {
        struct pollfd ready = {fd, POLLIN, 0};
        char request[2048];
        if (poll(&ready, 1, 8000) <= 0) break;
        int peer = accept(fd, NULL, NULL);
        if (peer < 0) continue;
        struct timeval limit = {1, 0};
        setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        (void)!read(peer, request, sizeof request);
        dprintf(peer, "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n");
        close(peer);
    }
    close(fd);
}

static void run(char *line, int waits) { /* script TAB path TAB argv… */
    char *args[ARGS] = {0}, *script = strtok(line, "\t"), *path = strtok(NULL, "\t");
    for (int i = 0; i < ARGS - 1 && (args[i] = strtok(NULL, "\t")); i++) {}
    pid_t pid = begin();
    if (pid == 0) {
        if (!waits) setsid();
        if (strcmp(script, "-") == 0) unsetenv("STAND_IN");
        else setenv("STAND_IN", script, 1);
        execv(path, args);
        _exit(127);
    }
    finish(pid, waits);
}

static void shell(char *path, char *name, const char *input, const char *command, int waits) {
    pid_t pid = begin();
    if (pid == 0) {
        unsetenv("STAND_IN");
        if (input) {
            int fd = open(input, O_RDONLY);
            dup2(fd, 0);
        }
        if (command) execl(path, name, "-c", command, NULL);
        else execl(path, name, NULL);
        _exit(127);
    }
    finish(pid, waits);
}

static void from_memory(char *line) { /* path TAB argv… */
    char *args[ARGS] = {0}, *path = strtok(line, "\t"), copy[65536];
    for (int i = 0; i < ARGS - 1 && (args[i] = strtok(NULL, "\t")); i++) {}
    int from = open(path, O_RDONLY), fd = memfd_create("", 0);
    for (ssize_t n; (n = read(from, copy, sizeof copy)) > 0;) (void)!write(fd, copy, n);
    pid_t pid = begin();
    if (pid == 0) {
        extern char **environ;
        fexecve(fd, args, environ);
        _exit(127);
    }
    finish(pid, 1);
}

static void put(const char *path, int flags) {
    int fd = open(path, O_WRONLY | O_CREAT | flags, 0644);
    if (fd < 0) return;
    dprintf(fd, "%.3f %d\n", now(), getpid());
    close(fd);
}

static void burn(double seconds) {
    volatile unsigned long spin = 0;
    for (double end = now() + seconds; now() < end;) spin += 1;
}

static void scan(char *line) { /* host first last */
    char host[128], port[8];
    int first, last;
    if (sscanf(line, "%127s %d %d", host, &first, &last) != 3) return;
    for (int at = first; at <= last; at++) {
        snprintf(port, sizeof port, "%d", at);
        int fd = dial(host, port, SOCK_STREAM);
        if (fd >= 0) close(fd);
    }
}

static void obey(char *line) {
    char *rest = strchr(line, ' ');
    if (rest) *rest++ = 0;
    else rest = "";
    char one[256] = "", two[256] = "";
    sscanf(rest, "%255s %255s", one, two);
    if (!strcmp(line, "pause")) pause_for(one);
    else if (!strcmp(line, "sleep")) usleep(atof(one) * 1e6);
    else if (!strcmp(line, "write")) put(rest, O_APPEND);
    else if (!strcmp(line, "truncate")) put(rest, O_TRUNC);
    else if (!strcmp(line, "remove")) unlink(rest);
    else if (!strcmp(line, "rename")) rename(one, two);
    else if (!strcmp(line, "connect")) talk(one, two, SOCK_STREAM);
    else if (!strcmp(line, "datagram")) talk(one, two, SOCK_DGRAM);
    else if (!strcmp(line, "serve")) serve(one, atoi(two));
    else if (!strcmp(line, "sh")) shell("/bin/sh", "sh", NULL, rest, 1);
    else if (!strcmp(line, "bash")) shell("/bin/bash", "/bin/bash", NULL, rest, 1);
    else if (!strcmp(line, "login")) shell("/bin/bash", "-bash", rest, NULL, 1);
    else if (!strcmp(line, "typed")) shell("/bin/bash", "bash", rest, NULL, 1);
    else if (!strcmp(line, "typed-sh")) shell("/bin/sh", "sh", rest, NULL, 1);
    else if (!strcmp(line, "run")) run(rest, 1);
    else if (!strcmp(line, "start")) run(rest, 0);
    else if (!strcmp(line, "memory")) from_memory(rest);
    else if (!strcmp(line, "burn")) burn(atof(one));
    else if (!strcmp(line, "scan")) scan(rest);
    else if (!strcmp(line, "user")) (void)!(setgid(atoi(one)) + setuid(atoi(one)));
    else if (!strcmp(line, "name")) prctl(PR_SET_NAME, rest);
    else if (!strcmp(line, "attack")) marks_children = 1;
    else if (!strcmp(line, "peace")) marks_children = 0;
    else if (!strcmp(line, "mark")) mark();
}

int main(void) {
    const char *script = getenv("STAND_IN");
    char own[512] = "/.w/tool";
    if (!script) { /* called by a shell: the script that belongs to the path */
        ssize_t length = readlink("/proc/self/exe", own + 8, sizeof own - 9);
        for (ssize_t i = 0; i < length; i++)
            if (own[8 + i] == '/') own[8 + i] = '_';
        script = own;
    }
    FILE *file = script ? fopen(script, "re") : NULL;
    char *line = NULL;
    size_t size = 0;
    for (ssize_t n; file && (n = getline(&line, &size, file)) > 0;) {
        while (n > 0 && line[n - 1] == '\n') line[--n] = 0;
        if (n > 0) obey(line);
    }
    return 0;
}
