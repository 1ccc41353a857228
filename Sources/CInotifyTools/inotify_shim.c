#include "inotify_shim.h"
