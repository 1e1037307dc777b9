namespace Omega.P2P.Storage.Files;

/// <summary>Calls counted, told, and made to fail.</summary>
public sealed partial class MemoryFileSystem
{
    private readonly List<DiskCall> _trace = [];
    private readonly Dictionary<int, DiskFault> _faults = [];
    private readonly HashSet<int> _readFaults = [];
    private bool _powerOff;

    /// <summary>Calls so far that changed or synced something.</summary>
    public int Calls { get; private set; }

    /// <summary>Calls so far that opened, read, listed or measured something.</summary>
    public int Reads { get; private set; }

    /// <summary>Whether <see cref="Trace"/> grows; off by default.</summary>
    public bool Tracing { get; set; }

    /// <summary>Sync calls are accepted and do nothing while set: a disk, or a build, that lies. Tests use it to prove
    /// that the crash sweep would notice.</summary>
    public bool IgnoreSyncs { get; set; }

    /// <summary>Told of each call that changes or syncs something, and of each opening, before it is made and outside
    /// of every lock: as long as it does not return the disk is slow. From any thread.</summary>
    public Action<DiskCall>? Before { get; set; }

    /// <summary>The calls made while <see cref="Tracing"/>, in order.</summary>
    public IReadOnlyList<DiskCall> Trace
    {
        get
        {
            lock (_gate)
            {
                return [.. _trace];
            }
        }
    }

    /// <summary>Makes the call with that number (see <see cref="Calls"/>) fail.</summary>
    public void FailAt(int call, DiskFault fault)
    {
        lock (_gate)
        {
            _faults[call] = fault;
        }
    }

    /// <summary>Makes the reading call with that number (see <see cref="Reads"/>) fail with
    /// <see cref="IOException"/>.</summary>
    public void FailReadAt(int read)
    {
        lock (_gate)
        {
            _readFaults.Add(read);
        }
    }

    private void ForgetFaults()
    {
        _powerOff = false;
        _faults.Clear();
        _readFaults.Clear();
    }

    private void RequirePower()
    {
        if (_powerOff)
        {
            throw new PowerLossException();
        }
    }

    private void Linger(string operation, string path) => Before?.Invoke(new DiskCall(Calls + 1, operation, path));

    private void EnterRead(string operation, string path)
    {
        RequirePower();
        Reads++;
        if (_readFaults.Remove(Reads))
        {
            throw new IOException($"input/output error at read {Reads}, {operation} {path}");
        }
    }

    /// <summary>Counts a call and makes it fail if it is one of the doomed; half of an append's bytes land first.
    /// </summary>
    /// <returns>Whether the call is a flush that gets lost.</returns>
    private bool Enter(string operation, string path, Action? half)
    {
        RequirePower();
        Calls++;
        if (Tracing)
        {
            _trace.Add(new DiskCall(Calls, operation, path));
        }

        if (!_faults.Remove(Calls, out var fault))
        {
            return false;
        }

        if (fault == DiskFault.LostFlush)
        {
            return true;
        }

        half?.Invoke();
        switch (fault)
        {
            case DiskFault.PowerLoss:
                _powerOff = true;
                throw new PowerLossException($"power lost at call {Calls}, {operation} {path}");
            case DiskFault.DiskFills:
                Capacity = Used(_root);
                throw new DiskFullException($"no space from call {Calls} on, {operation} {path}");
            case DiskFault.DiskFull:
                throw new DiskFullException($"no space at call {Calls}, {operation} {path}");
            default:
                throw new IOException($"input/output error at call {Calls}, {operation} {path}");
        }
    }
}
