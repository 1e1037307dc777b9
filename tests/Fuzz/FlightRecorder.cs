using System.IO.MemoryMappedFiles;

namespace Omega.P2P.Fuzz.Tests;

/// <summary>Keeps the input under way in a mapped file: an overflowing stack or a failed allocation ends the process,
/// and the pages are still written.</summary>
internal sealed class FlightRecorder : IDisposable
{
    private const int Capacity = 1 << 20;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public FlightRecorder(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Create, null, Capacity);
        _view = _file.CreateViewAccessor(0, Capacity);
    }

    public void Record(byte[] input)
    {
        _view.Write(0, input.Length);
        _view.WriteArray(4, input, 0, Math.Min(input.Length, Capacity - 4));
    }

    /// <summary>What was under way when the file was written last.</summary>
    public static byte[] Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return bytes.AsSpan(4, BitConverter.ToInt32(bytes)).ToArray();
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
