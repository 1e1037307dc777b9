using System.Buffers.Binary;
using Omega.P2P.Node.Output;
using Omega.P2P.Primitives.Artifacts;

namespace Omega.P2P.Node.Service;

/// <summary>
/// The body of `POST /packages`: frames of kind (1 byte), length (4, little-endian, at most 1 MiB) and bytes. A file is
/// its pieces and one last piece; the manifest's pieces come after all files and end with the body.
/// </summary>
internal static class PackageFrames
{
    public const int HeadSize = 5;
    public const int LengthMax = 1024 * 1024;
    public const byte Piece = 0;
    public const byte LastPiece = 1;
    public const byte Manifest = 2;

    public static void WriteHead(Span<byte> head, byte kind, int length)
    {
        head[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], length);
    }

    /// <summary>Puts the files of a body into a package.</summary>
    /// <returns>The manifest that ended it.</returns>
    /// <exception cref="OmegaException">The body breaks the form, or was cut short.</exception>
    public static PackageManifest Read(Stream body, IPackageSession package, CancellationToken cancel)
    {
        var manifest = new MemoryStream();
        var reader = new FileReader(body);
        while (reader.TryReadHead(cancel, out var kind))
        {
            if (kind == Manifest)
            {
                manifest.Write(reader.ReadFrame());
                if (manifest.Length > PackageManifest.SizeBytesMax) throw Malformed();
            }
            else if (kind is LastPiece && manifest.Length == 0)
            {
                package.Add(reader.ReadFrame());
            }
            else if (kind is Piece && manifest.Length == 0)
            {
                package.Add(reader);
            }
            else
            {
                throw Malformed();
            }
        }

        return PackageManifest.TryDecode(manifest.GetBuffer().AsSpan(0, (int)manifest.Length), out var read, out var e)
            ? read
            : throw OmegaException.Usage($"the manifest cannot be read: {e}");
    }

    private static OmegaException Malformed() => OmegaException.Usage("the package's body is malformed or cut short");

    /// <summary>The pieces of one file as a stream that ends with its last piece.</summary>
    private sealed class FileReader(Stream body) : Files.ReadOnlyStream
    {
        private int _left;
        private bool _isLast;

        /// <summary>False at the end of the body.</summary>
        public bool TryReadHead(CancellationToken cancel, out byte kind)
        {
            cancel.ThrowIfCancellationRequested();
            Span<byte> head = stackalloc byte[HeadSize];
            var read = body.ReadAtLeast(head, HeadSize, throwOnEndOfStream: false);
            kind = head[0];
            if (read == 0) return false;
            _left = BinaryPrimitives.ReadInt32LittleEndian(head[1..]);
            _isLast = kind == LastPiece;
            if (read < HeadSize || _left is < 0 or > LengthMax) throw Malformed();
            return true;
        }

        public byte[] ReadFrame()
        {
            var bytes = GC.AllocateUninitializedArray<byte>(_left);
            if (body.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw Malformed();
            _left = 0;
            return bytes;
        }

        public override int Read(Span<byte> buffer)
        {
            while (_left == 0)
            {
                if (_isLast) return 0;
                if (!TryReadHead(CancellationToken.None, out var kind) || kind > LastPiece) throw Malformed();
            }

            var count = body.Read(buffer[..Math.Min(buffer.Length, _left)]);
            if (count == 0 && !buffer.IsEmpty) throw Malformed();
            _left -= count;
            return count;
        }
    }
}
