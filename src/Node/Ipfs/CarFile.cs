using System.Buffers.Binary;
using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;

namespace Omega.P2P.Node.Ipfs;

/// <summary>
/// A CAR file to take trees out of. Opening reads it through once: every block is held against its CID before anything
/// of it is used, and where it lies is remembered, 40 bytes of memory for each. Blocks may stand in any order. What is
/// read later is held against its CID again, for the file may have changed.
/// </summary>
internal sealed class CarFile : IBlockSupply, IDisposable
{
    private const int PieceSize = 256 * 1024;

    private readonly FileStream _file;
    private readonly Dictionary<UInt128, (long Offset, int Length)> _places = [];

    private CarFile(FileStream file) => _file = file;

    /// <summary>What the header names.</summary>
    public IReadOnlyList<Cid> Roots { get; private set; } = [];

    /// <summary>Blocks in the file.</summary>
    public long Blocks { get; private set; }

    /// <summary>Its length.</summary>
    public long Bytes => _file.Length;

    /// <param name="path">The file; - for stdin, which is copied to a nameless file first.</param>
    /// <param name="folder">Where that file is made.</param>
    /// <param name="tell">Told how many bytes were checked.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="OmegaException">No such file, or no sound CAR file.</exception>
    public static CarFile Open(string path, string folder, Action<long> tell, CancellationToken cancel)
    {
        var car = new CarFile(path == "-" ? Spool(folder, cancel) : OpenFile(path));
        try
        {
            car.Check(tell, cancel);
            return car;
        }
        catch
        {
            car.Dispose();
            throw;
        }
    }

    public void Supply(UnixFsWalk walk, CancellationToken cancel)
    {
        foreach (var cid in walk.TakeWants())
        {
            cancel.ThrowIfCancellationRequested();
            walk.TryGive(cid, Read(cid));
        }
    }

    public void Dispose() => _file.Dispose();

    private static FileStream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new OmegaException(ExitCode.NotFound, "no_such_file", $"there is no file {path}") { Field = "FILE" };
        }
    }

    private static FileStream Spool(string folder, CancellationToken cancel)
    {
        var name = Path.Combine(folder, $".omega-{Environment.ProcessId}-{Guid.NewGuid():N}.car");
        var file = new FileStream(name, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            BufferSize = 0,
        });
        File.Delete(name); // it lives as long as it is open
        using var input = Console.OpenStandardInput();
        var buffer = new byte[PieceSize];
        for (int read; (read = input.Read(buffer)) > 0;)
        {
            cancel.ThrowIfCancellationRequested();
            file.Write(buffer, 0, read);
        }

        file.Position = 0;
        return file;
    }

    private void Check(Action<long> tell, CancellationToken cancel)
    {
        var decoder = new CarDecoder();
        var buffer = new byte[PieceSize];
        long at = 0;
        for (int read; (read = _file.Read(buffer)) > 0;)
        {
            cancel.ThrowIfCancellationRequested();
            for (ReadOnlySpan<byte> rest = buffer.AsSpan(0, read); !rest.IsEmpty;)
            {
                if (!decoder.TryPush(rest, out var consumed, out var block)) throw Broken(decoder, at);
                at += consumed;
                rest = rest[consumed..];
                if (block is null) continue;
                Blocks++;
                if (block.Cid.HashCode != Cid.HashIdentity)
                    _places.TryAdd(KeyOf(block.Cid), (at - block.Data.Length, block.Data.Length));
            }

            tell(at);
        }

        if (decoder.Finish() != CarError.None) throw Broken(decoder, at);
        Roots = decoder.Header!.Roots; // there without an error
    }

    private byte[] Read(Cid cid)
    {
        if (!_places.TryGetValue(KeyOf(cid), out var place))
            throw new OmegaException(ExitCode.NotFound, "block_missing", $"block {cid} is not in the file");
        var bytes = GC.AllocateUninitializedArray<byte>(place.Length);
        var read = RandomAccess.Read(_file.SafeFileHandle, bytes, place.Offset);
        return read == bytes.Length && CidHash.Matches(cid, bytes)
            ? bytes
            : throw new OmegaException(
                ExitCode.VerificationFailed, "file_changed", "the file changed while it was read");
    }

    /// <summary>Half of the digest; what is found by it is held against the whole.</summary>
    private static UInt128 KeyOf(Cid cid) => BinaryPrimitives.ReadUInt128LittleEndian(cid.Digest);

    private static OmegaException Broken(CarDecoder decoder, long at) => decoder.Header is null
        ? new(ExitCode.VerificationFailed, "not_a_car", $"this is no CAR file of version 1: {decoder.Error}")
        : new(ExitCode.VerificationFailed, "broken_car", $"the CAR file is broken near byte {at}: {decoder.Error}");
}
