/* The floor: start a program and wait for it, COUNT times, AT_A_TIME at a time, and nothing else.
 *
 *   floor PROGRAM COUNT AT_A_TIME [FOLDER]
 *
 * With a FOLDER each process writes to two new files of its own there. Prints seconds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static void start(char *program, const char *folder, int index)
{
    char *argv[] = {program, NULL};
    char out[4096], err[4096];
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int failed;

    posix_spawn_file_actions_init(&actions);
    if (folder) {
        snprintf(out, sizeof out, "%s/%d.stdout", folder, index);
        snprintf(err, sizeof err, "%s/%d.stderr", folder, index);
        posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    }
    failed = posix_spawn(&pid, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed) {
        fprintf(stderr, "%s: %s\n", program, strerror(failed));
        exit(1);
    }
}

int main(int argc, char **argv)
{
    struct timespec begun, ended;
    int count, at_a_time, started = 0, over = 0, status;

    if (argc < 4) {
        fprintf(stderr, "floor PROGRAM COUNT AT_A_TIME [FOLDER]\n");
        return 2;
    }
    count = atoi(argv[2]);
    at_a_time = atoi(argv[3]);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    while (over < count) {
        while (started < count && started - over < at_a_time)
            start(argv[1], argc > 4 ? argv[4] : NULL, started++);
        if (wait(&status) < 0 || status != 0) {
            fprintf(stderr, "%s ended with status %d\n", argv[1], status);
            return 1;
        }
        over++;
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    printf("%.9f\n", ended.tv_sec - begun.tv_sec + (ended.tv_nsec - begun.tv_nsec) / 1e9);
    return 0;
}
