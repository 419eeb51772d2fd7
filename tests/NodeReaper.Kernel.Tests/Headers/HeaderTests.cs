using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;
using Tmds.Linux;

namespace NodeReaper.Kernel.Tests.Headers;

/// <summary>Every number that was copied from a C header is compared with the header.</summary>
public class HeaderTests
{
    private const BindingFlags Everything = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly;

    [Fact]
    public void Every_kernel_constant_is_what_its_header_says()
    {
        var ours = typeof(KernelConstants).GetFields(Everything).Select(field => (field.Name, Value: field.GetValue(null)))
            .Concat(typeof(KernelConstants).GetProperties(Everything).Select(property => (property.Name, Value: property.GetValue(null))))
            .ToDictionary(pair => pair.Name, pair => Convert.ToInt64(pair.Value, CultureInfo.InvariantCulture));
        Assert.True(ours.Count > 30, $"reflection found only {ours.Count} constants");
        AssertSame(ours);
    }

    [Fact]
    public void Every_errno_is_what_its_header_says_and_knows_its_name()
    {
        var fields = typeof(Errno).GetFields(Everything)
            .Where(field => field.FieldType == typeof(Errno) && field.Name != nameof(Errno.None))
            .ToDictionary(field => field.Name, field => (Errno)field.GetValue(null)!);
        Assert.True(fields.Count > 20, $"reflection found only {fields.Count} errors");
        Assert.All(fields, pair => Assert.Equal(pair.Key, pair.Value.Name));
        AssertSame(fields.ToDictionary(pair => pair.Key, pair => (long)pair.Value.Value));
    }

    [Fact]
    public unsafe void Every_struct_that_is_passed_to_the_kernel_has_the_layout_of_its_header()
    {
        var epoll = default(epoll_event);
        var found = default(stat);
        AssertSame(new Dictionary<string, long>
        {
            ["sizeof(struct pollfd)"] = sizeof(PollRequest),
            ["offsetof(struct pollfd, fd)"] = Offset<PollRequest>(nameof(PollRequest.Descriptor)),
            ["offsetof(struct pollfd, events)"] = Offset<PollRequest>(nameof(PollRequest.Events)),
            ["offsetof(struct pollfd, revents)"] = Offset<PollRequest>(nameof(PollRequest.Returned)),
            ["sizeof(struct timespec)"] = sizeof(TimeSpecification),
            ["offsetof(struct timespec, tv_sec)"] = Offset<TimeSpecification>(nameof(TimeSpecification.Seconds)),
            ["offsetof(struct timespec, tv_nsec)"] = Offset<TimeSpecification>(nameof(TimeSpecification.Nanoseconds)),
            ["sizeof(struct rlimit)"] = sizeof(ResourceLimit),
            ["offsetof(struct rlimit, rlim_cur)"] = Offset<ResourceLimit>(nameof(ResourceLimit.Soft)),
            ["offsetof(struct rlimit, rlim_max)"] = Offset<ResourceLimit>(nameof(ResourceLimit.Hard)),
            ["sizeof(struct epoll_event)"] = sizeof(epoll_event),
            ["offsetof(struct epoll_event, events)"] = (byte*)Unsafe.AsPointer(ref epoll.events) - (byte*)&epoll,
            ["offsetof(struct epoll_event, data)"] = (byte*)Unsafe.AsPointer(ref epoll.data) - (byte*)&epoll,
            ["sizeof(struct stat)"] = sizeof(stat),
            ["offsetof(struct stat, st_ino)"] = (byte*)Unsafe.AsPointer(ref found.st_ino) - (byte*)&found,
            ["sizeof(struct sched_param)"] = sizeof(int),
        });
    }

    [Fact]
    public void The_offsets_in_a_directory_entry_are_those_of_its_header() => AssertSame(new Dictionary<string, long>
    {
        ["offsetof(struct dirent64, d_ino)"] = 0,
        ["offsetof(struct dirent64, d_reclen)"] = PrivateConstant(typeof(ChildDirectories), "LengthOffset"),
        ["offsetof(struct dirent64, d_type)"] = PrivateConstant(typeof(ChildDirectories), "TypeOffset"),
        ["offsetof(struct dirent64, d_name)"] = PrivateConstant(typeof(ChildDirectories), "NameOffset"),
    });

    private static void AssertSame(Dictionary<string, long> ours)
    {
        var theirs = CHeaders.Evaluate(ours.Keys);
        var different = ours.Where(pair => theirs[pair.Key] != pair.Value)
            .Select(pair => $"{pair.Key}: here {pair.Value}, in the header {theirs[pair.Key]}");
        Assert.Empty(different);
    }

    private static long Offset<T>(string field) => Marshal.OffsetOf<T>(field);

    private static int PrivateConstant(Type type, string name) => (int)type.GetField(name, Everything)!.GetRawConstantValue()!;
}
