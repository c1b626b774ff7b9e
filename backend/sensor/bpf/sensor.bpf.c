// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// What the sensor sees from inside the kernel: programs started, processes forked and ended, regular files opened for writing,
// TCP and UDP connections. Tracepoints by BTF alone: no tracefs, no kprobes, no trampolines, no kernel headers.
//
// Invariant: an event goes into the ring or is counted in `lost`. The sensor's own process is never reported.
// The types below name only the fields that are read; their offsets are those of the running kernel (CO-RE).

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define CORE __attribute__((preserve_access_index))
#define FIELD_EXISTS(field) __builtin_preserve_field_info(field, 2)

// Helpers of the kernel, by their number in its interface.
static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static u64 (*pid_tgid)(void) = (void *)14;
static u64 (*uid_gid)(void) = (void *)15;
static u64 (*current_cgroup)(void) = (void *)80;
static long (*read_user)(void *to, u32 size, const void *from) = (void *)112;
static long (*read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static long (*read_kernel_text)(void *to, u32 size, const void *from) = (void *)115;
static u64 (*boot_ns)(void) = (void *)125;
static long (*ring_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;
static void *(*current_task)(void) = (void *)158;
static long (*repeat)(u32 times, void *step, void *context, u64 flags) = (void *)181;

struct kuid {
	u32 val;
} CORE;
struct signal_struct {
	struct {
		s32 counter;
	} live;
} CORE;
struct mm_struct {
	unsigned long arg_start, arg_end;
} CORE;
struct task_struct {
	s32 pid, tgid, exit_code;
	u32 flags;
	u64 start_boottime;
	struct kuid loginuid;
	char comm[16];
	struct mm_struct *mm;
	struct signal_struct *signal;
	struct files_struct *files;
	struct task_struct *real_parent, *group_leader;
} CORE;
struct inode {
	u16 i_mode;
} CORE;
struct qstr {
	u32 len;
	const u8 *name;
} CORE;
struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
} CORE;
struct vfsmount {
	struct dentry *mnt_root;
} CORE;
struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
} CORE;
struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
} CORE;
struct file {
	u32 f_mode, f_flags;
	void *private_data;
	struct inode *f_inode;
	struct path f_path;
} CORE;
struct linux_binprm {
	struct file *file;
	const char *filename;
} CORE;
struct fdtable {
	u32 max_fds;
	struct file **fd;
} CORE;
struct files_struct {
	struct fdtable *fdt;
} CORE;
struct pt_regs {
	unsigned long di, si, dx, orig_ax;
} CORE;
struct socket {
	struct sock *sk;
} CORE;
struct in6_addr {
	u8 bytes[16];
};
struct sock_common {
	u16 skc_family, skc_dport, skc_num;
	u32 skc_daddr, skc_rcv_saddr;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
} CORE;
struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol;
	s32 sk_err;
} CORE;

enum kind { EXEC = 1, FORK, EXIT, OPEN, CONNECT, ACCEPT, KINDS };
enum { PATH_MAX = 1024, NAME_MAX = 255, DEPTH_MAX = 48, ARGS_MAX = 4096 };
enum { TCP = 6, UDP = 17, INET = 2, INET6 = 10 };
enum { CALL_OPEN = 2, CALL_CONNECT = 42, CALL_ACCEPT = 43, CALL_CREAT = 85, CALL_OPENAT = 257, CALL_ACCEPT4 = 288, CALL_OPENAT2 = 437 };

struct head {
	u64 time_ns; // since the boot
	u64 start_ns;
	u64 parent_start_ns;
	u64 cgroup;
	u64 child_start_ns; // FORK
	u32 kind, pid, ppid, uid, gid, login_uid;
	u32 a, b; // FORK: child's pid. EXIT: code. OPEN: flags, mode. CONNECT, ACCEPT: error, protocol.
	char comm[16], parent_comm[16];
};
struct exec {
	struct head head;
	char path[PATH_MAX];
	u8 args[ARGS_MAX];
};
struct open {
	struct head head;
	char path[PATH_MAX];
};
struct connection {
	struct head head;
	u16 family, source_port, destination_port, unused;
	u8 source[16], destination[16];
};
// A path is written from its end to its beginning; the last name may reach over the edge.
struct scratch {
	u8 path[PATH_MAX + NAME_MAX + 1];
	u64 at; // here and not on the stack, where the verifier would follow each of its values
	struct exec event;
};

#define MAP(name, map_type, entries, key_type, value_type)                                                             \
	struct {                                                                                                       \
		int (*type)[map_type];                                                                                 \
		int (*max_entries)[entries];                                                                           \
		key_type *key;                                                                                         \
		value_type *value;                                                                                     \
	} name SEC(".maps")
enum { HASH_LRU = 9, ARRAY = 2, ARRAY_PER_CPU = 6, RING = 27 };

struct {
	int (*type)[RING];
	int (*max_entries)[4 << 20];
} events SEC(".maps");
MAP(lost, ARRAY, KINDS, u32, u64);
MAP(scratches, ARRAY_PER_CPU, 1, u32, struct scratch);
MAP(connecting, HASH_LRU, 8192, u64, struct connection);

const volatile u32 own_pid = 0;
char terms[] SEC("license") = "Dual MIT/GPL";

#define OFFSET(type, field) __builtin_preserve_field_info(((type *)0)->field, 0)
#define READ(to, from) read_kernel(&(to), sizeof(to), __builtin_preserve_access_index(&(from)))

INLINE int is_own(void)
{
	return pid_tgid() >> 32 == own_pid;
}

INLINE void send(void *event, u64 size)
{
	u32 kind = ((struct head *)event)->kind;
	// The sensor looks every few milliseconds; waking it for each event would cost more than reading it.
	if (ring_output(&events, event, size, 1) != 0) {
		u64 *count = map_lookup(&lost, &kind);
		if (count)
			__sync_fetch_and_add(count, 1);
	}
}

INLINE void fill(struct head *head, u32 kind, struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	struct task_struct *parent = task->real_parent->group_leader;
	u64 ids = uid_gid();
	head->time_ns = boot_ns();
	head->start_ns = leader->start_boottime;
	head->parent_start_ns = parent->start_boottime;
	head->cgroup = current_cgroup();
	head->child_start_ns = 0;
	head->kind = kind;
	head->pid = task->tgid;
	head->ppid = parent->tgid;
	head->uid = ids;
	head->gid = ids >> 32;
	head->login_uid = -1;
	if (FIELD_EXISTS(task->loginuid))
		head->login_uid = task->loginuid.val;
	head->a = head->b = 0;
	read_kernel(head->comm, sizeof(head->comm), __builtin_preserve_access_index(&leader->comm));
	read_kernel(head->parent_comm, sizeof(head->parent_comm), __builtin_preserve_access_index(&parent->comm));
}

INLINE struct scratch *scratch(void)
{
	u32 zero = 0;
	return map_lookup(&scratches, &zero);
}

struct walk {
	struct scratch *scratch;
	struct dentry *dentry;
	struct vfsmount *mounted;
};

// Writes one name before those that are there, or goes over to the file system that this one is mounted on.
static long step(u64 depth, struct walk *walk)
{
	struct dentry *dentry = walk->dentry, *up = 0, *root = 0;
	struct vfsmount *mounted = walk->mounted;
	const u8 *name = 0;
	u32 length = 0;
	u64 at = walk->scratch->at;
	READ(root, mounted->mnt_root);
	READ(up, dentry->d_parent);
	if (dentry == root || dentry == up) {
		struct mount *mount = (void *)mounted - OFFSET(struct mount, mnt), *parent = 0;
		READ(parent, mount->mnt_parent);
		if (dentry != root || parent == mount || !parent)
			return 1;
		READ(walk->dentry, mount->mnt_mountpoint);
		walk->mounted = (void *)parent + OFFSET(struct mount, mnt);
		return 0;
	}
	READ(length, dentry->d_name.len);
	READ(name, dentry->d_name.name);
	if (length > NAME_MAX || at < length + 1)
		return 1;
	at -= length + 1;
	walk->scratch->at = at;
	walk->scratch->path[at & (PATH_MAX - 1)] = '/';
	read_kernel(&walk->scratch->path[(at + 1) & (PATH_MAX - 1)], length & NAME_MAX, name);
	walk->dentry = up;
	return 0;
}

// The absolute path in the file's own mount namespace, by the kernel's names: no program can change them under our eyes.
// Gives its length with the zero; a path that does not fit loses its beginning.
INLINE u32 path_of(struct file *file, struct scratch *scratch, char *to)
{
	struct walk walk = { .scratch = scratch };
	scratch->at = PATH_MAX - 1;
	READ(walk.dentry, file->f_path.dentry);
	READ(walk.mounted, file->f_path.mnt);
	repeat(DEPTH_MAX, step, &walk, 0);
	scratch->path[PATH_MAX - 1] = 0;
	u64 at = scratch->at;
	u64 size = (PATH_MAX - at) & (PATH_MAX - 1);
	read_kernel(to, size, &scratch->path[at & (PATH_MAX - 1)]);
	return size;
}

SEC("tp_btf/sched_process_exec")
int started(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	struct linux_binprm *program = (void *)context[2];
	struct scratch *scratch_ = scratch();
	if (!scratch_ || is_own())
		return 0;
	struct exec *event = &scratch_->event;
	fill(&event->head, EXEC, task);
	if (path_of(program->file, scratch_, event->path) < 2)
		read_kernel_text(event->path, PATH_MAX, program->filename);
	u64 start = task->mm->arg_start;
	u64 size = task->mm->arg_end - start;
	event->head.a = size;
	if (size > ARGS_MAX - 1)
		size = ARGS_MAX - 1;
	size &= ARGS_MAX - 1;
	if (read_user(event->args, size, (void *)start) != 0)
		size = 0;
	send(event, __builtin_offsetof(struct exec, args) + size);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int forked(u64 *context)
{
	struct task_struct *parent = (void *)context[0];
	struct task_struct *child = (void *)context[1];
	struct head event;
	if (child->pid != child->tgid || is_own())
		return 0;
	fill(&event, FORK, parent);
	event.a = child->tgid;
	event.child_start_ns = child->start_boottime;
	send(&event, sizeof(event));
	return 0;
}

SEC("tp_btf/sched_process_exit")
int ended(u64 *context)
{
	struct task_struct *task = (void *)context[0];
	struct head event;
	// Threads of the kernel have no program; a process ends with the last of its threads.
	if (task->flags & 0x00200000 || task->signal->live.counter != 0 || is_own())
		return 0;
	fill(&event, EXIT, task);
	event.a = task->exit_code;
	send(&event, sizeof(event));
	return 0;
}

// The socket's own end is the source; an accepted connection is turned round when it is read.
INLINE void ends(struct connection *event, struct sock *sock)
{
	READ(event->family, sock->__sk_common.skc_family);
	READ(event->source_port, sock->__sk_common.skc_num);
	READ(event->destination_port, sock->__sk_common.skc_dport);
	if (event->family == INET6) {
		READ(event->source, sock->__sk_common.skc_v6_rcv_saddr);
		READ(event->destination, sock->__sk_common.skc_v6_daddr);
	} else {
		u32 address = 0;
		READ(address, sock->__sk_common.skc_rcv_saddr);
		*(u32 *)event->source = address;
		READ(address, sock->__sk_common.skc_daddr);
		*(u32 *)event->destination = address;
	}
}

SEC("tp_btf/inet_sock_set_state")
int tcp_state(u64 *context)
{
	struct sock *sock = (void *)context[0];
	u64 key = (u64)sock;
	u32 before = context[1], after = context[2];
	if (after == 2) {
		struct connection event = {};
		if (is_own())
			return 0;
		fill(&event.head, CONNECT, current_task());
		event.head.b = sock->sk_protocol;
		map_update(&connecting, &key, &event, 0);
	} else if (before == 2) {
		// Often in an interrupt: whose connection it is was noted when it began.
		struct connection *event = map_lookup(&connecting, &key);
		if (!event)
			return 0;
		ends(event, sock);
		if (after != 1)
			event->head.a = sock->sk_err ? sock->sk_err : 125;
		send(event, sizeof(*event));
		map_delete(&connecting, &key);
	}
	return 0;
}

// The file behind a descriptor of the current process.
INLINE struct file *file_of(u64 descriptor)
{
	struct task_struct *task = current_task();
	struct fdtable *table;
	struct file **files, *file = 0;
	u32 count = 0;
	READ(table, task->files->fdt);
	READ(count, table->max_fds);
	if (descriptor >= count)
		return 0;
	READ(files, table->fd);
	read_kernel(&file, sizeof(file), files + descriptor);
	return file;
}

INLINE u16 type_of(struct file *file)
{
	struct inode *inode = 0;
	u16 mode = 0;
	READ(inode, file->f_inode);
	READ(mode, inode->i_mode);
	return mode & 0170000;
}

INLINE void opened(struct file *file, u64 flags)
{
	struct scratch *scratch_ = scratch();
	u32 mode = 0;
	READ(mode, file->f_mode);
	if (!(mode & 2) || type_of(file) != 0100000 || !scratch_)
		return;
	struct open *event = (struct open *)&scratch_->event;
	fill(&event->head, OPEN, current_task());
	event->head.a = flags;
	event->head.b = mode;
	u32 size = path_of(file, scratch_, event->path);
	send(event, __builtin_offsetof(struct open, path) + size);
}

INLINE void connected(struct file *file, u32 kind, u32 protocol, u32 error)
{
	struct connection event = {};
	struct socket *socket = 0;
	struct sock *sock = 0;
	u16 spoken = 0;
	if (type_of(file) != 0140000)
		return;
	READ(socket, file->private_data);
	READ(sock, socket->sk);
	READ(spoken, sock->sk_protocol);
	ends(&event, sock);
	if (spoken != protocol || (event.family != INET && event.family != INET6))
		return;
	fill(&event.head, kind, current_task());
	event.head.a = error;
	event.head.b = protocol;
	send(&event, sizeof(event));
}

// The numbers are those of 64-bit x86; the sensor loads this program nowhere else.
SEC("tp_btf/sys_exit")
int called(u64 *context)
{
	struct pt_regs *registers = (void *)context[0];
	u64 call = registers->orig_ax;
	long result = context[1];
	u64 flags = 0;
	struct file *file;
	switch (call) {
	case CALL_OPEN:
		flags = registers->si;
		break;
	case CALL_OPENAT:
		flags = registers->dx;
		break;
	case CALL_CREAT:
		flags = 01000;
		break;
	case CALL_OPENAT2:
		break;
	case CALL_ACCEPT:
	case CALL_ACCEPT4:
	case CALL_CONNECT:
		break;
	default:
		return 0;
	}
	if (is_own() || (result < 0 && call != CALL_CONNECT))
		return 0;
	if (call == CALL_OPENAT2)
		read_user(&flags, sizeof(flags), (void *)registers->dx);
	file = file_of(call == CALL_CONNECT ? registers->di : result);
	if (!file)
		return 0;
	if (call == CALL_CONNECT)
		connected(file, CONNECT, UDP, result < 0 ? -result : 0);
	else if (call == CALL_ACCEPT || call == CALL_ACCEPT4)
		connected(file, ACCEPT, TCP, 0);
	else
		opened(file, flags);
	return 0;
}
