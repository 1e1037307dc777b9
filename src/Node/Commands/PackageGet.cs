using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Packages;
using Omega.P2P.Node.Service;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Node.Commands;

/// <summary>What `get` and `ls` do with a package that is here and whose signatures hold.</summary>
internal sealed class PackageGet(CommandContext context, INodeService service, GetAnswer answer)
{
    /// <summary>The manifest, checked against the id that the signatures cover.</summary>
    public PackageManifest Manifest()
    {
        if (answer.Kind != PackageManifest.TypeTag)
            throw OmegaException.Usage($"{answer.Cid} is no package but a {answer.Kind}", "--path");
        if (!ContentId.TryParse(answer.Cid, out var content))
            throw new OmegaException(ExitCode.Error, "other_version", $"'{answer.Cid}' is no content id");
        var bytes = new MemoryStream();
        service.ReadContent(content, bytes, context.Cancel);
        var read = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        if (ContentId.Of(read) != content)
            throw new OmegaException(ExitCode.VerificationFailed, "wrong_bytes", $"the bytes are not {answer.Cid}");
        return PackageManifest.TryDecode(read, out var manifest, out var error)
            ? manifest
            : throw new OmegaException(ExitCode.VerificationFailed, "bad_package",
                $"{answer.Cid} is no package's manifest: {error}");
    }

    /// <summary>The whole tree, into a folder that is not there yet.</summary>
    public void Restore(string path, bool allowOutsideLinks, OutputFile output)
    {
        if (output.IsStandardOutput)
            throw OmegaException.Usage("a package is a folder, and stdout is none", "--output",
                "-o DIR, --path FILE, or --raw for the manifest");
        output.Dispose();
        var manifest = Manifest();
        new PackageRestore((content, target) => service.ReadContent(content, target, context.Cancel),
            context.Terminal, context.Cancel).Write(manifest, path, allowOutsideLinks);
        context.Terminal.ClearProgress();
        var size = manifest.Files.Sum(file => file.Size);
        context.Terminal.Object(writer =>
        {
            answer.Write(writer);
            writer.WriteNumber("files", manifest.Files.Length + manifest.Links.Length);
            writer.WriteNumber("content_bytes", size);
        });
        ShowSignatures();
        context.Terminal.Check($"wrote {Figures.Count(manifest.Files.Length, "file")}, {Figures.Bytes(size)} → {path}");
    }

    /// <summary>One file; null: its bytes are here, and that is all.</summary>
    public void WriteFile(string path, OutputFile? output)
    {
        var file = Manifest().Files.FirstOrDefault(file => file.Path == path) ??
            throw new OmegaException(ExitCode.NotFound, "not_found", $"{answer.Cid} has no file {path}")
            {
                Hint = $"omega ls {answer.Cid}",
                Field = "--path",
            };
        if (output is not null)
        {
            using var hasher = Blake3Hasher.Create();
            using var tee = new TeeStream(output.Stream, hasher);
            if (file.Size > 0) service.ReadContent(file.Content, tee, context.Cancel);
            if (ContentId.From(hasher.Finish()) != file.Content)
                throw new OmegaException(ExitCode.VerificationFailed, "wrong_bytes",
                    $"the bytes of {path} are not {file.Content}; nothing was written");
            output.Commit();
            if (output.IsStandardOutput) return;
        }

        context.Terminal.Object(writer =>
        {
            (answer with { Cid = file.Content.ToString(), Bytes = file.Size, Package = answer.Cid }).Write(writer);
            writer.WriteString("path", file.Path);
        });
        ShowSignatures();
        context.Terminal.Check($"{path}: {Figures.Bytes(file.Size)}");
    }

    private void ShowSignatures()
    {
        foreach (var signature in answer.Signatures)
            context.Terminal.Check($"verified {signature.Short} ({signature.Role})");
    }
}
