/* A stand-in for NVIDIA's driver library: answers from the lines "name value" of a file.
 *
 * The file is named by GATEWRIGHT_TEST_NVML and read at every call, so that a test can lose a GPU
 * while it is watched. A line "name!" holds the error code that the function returns instead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long long u64;

static u64 look(const char *name, const char *mark, u64 otherwise) {
    char key[64], line[64];
    u64 value = otherwise, found;
    FILE *file = fopen(getenv("GATEWRIGHT_TEST_NVML"), "r");
    snprintf(key, sizeof key, "%s%s", name, mark);
    while (file && fscanf(file, "%63s %llu", line, &found) == 2)
        if (!strcmp(line, key)) value = found;
    if (file) fclose(file);
    return value;
}

#define FAULT(name) { int code = (int)look(name, "!", 0); if (code) return code; }
#define TELLS(function, type, name) \
    int function(void *gpu, type *out) { FAULT("lost") FAULT(name) *out = (type)look(name, "", 0); return 0; }

int nvmlInitWithFlags(unsigned flags) { FAULT("init") return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *out) { FAULT("count") *out = (unsigned)look("count", "", 1); return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **out) { FAULT("handle") *out = (void *)(u64)(index + 1); return 0; }
int nvmlDeviceGetUUID(void *gpu, char *out, unsigned size) { snprintf(out, size, "GPU-%llu", (u64)gpu); return 0; }
int nvmlDeviceGetName(void *gpu, char *out, unsigned size) { snprintf(out, size, "Stub"); return 0; }
int nvmlDeviceGetUtilizationRates(void *gpu, unsigned *out) {
    FAULT("lost") FAULT("utilization")
    out[0] = (unsigned)look("utilization", "", 0); out[1] = 0; return 0;
}
int nvmlDeviceGetMemoryInfo(void *gpu, u64 *out) {
    FAULT("lost") FAULT("memory")
    out[0] = look("total", "", 0); out[2] = look("used", "", 0); out[1] = out[0] - out[2]; return 0;
}
TELLS(nvmlDeviceGetPowerUsage, unsigned, "power")
TELLS(nvmlDeviceGetTotalEnergyConsumption, u64, "energy")
int nvmlDeviceGetTemperature(void *gpu, unsigned sensor, unsigned *out) {
    FAULT("lost") FAULT("temperature") *out = (unsigned)look("temperature", "", 0); return 0;
}
struct process { unsigned pid; u64 used; unsigned instance, compute; };
int nvmlDeviceGetComputeRunningProcesses_v3(void *gpu, unsigned *count, struct process *out) {
    FAULT("lost") FAULT("processes")
    if (!look("pid", "", 0)) { *count = 0; return 0; }
    if (*count < 1) { *count = 1; return 7; }
    out[0].pid = (unsigned)look("pid", "", 0); out[0].used = look("process_memory", "", 0); *count = 1;
    return 0;
}
