using Omega.P2P.Node.Files;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Tests.Files;

public sealed class OutputFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFileAppearsOnlyWhenCommitted()
    {
        using (var output = OutputFile.Create(_folder["f"], replace: false))
        {
            output.Stream.Write("whole"u8);
            Assert.False(File.Exists(_folder["f"]));
            output.Commit();
        }

        Assert.Equal("whole", File.ReadAllText(_folder["f"]));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void NothingStaysOfAnAbandonedFile()
    {
        using (var output = OutputFile.Create(_folder["f"], replace: false)) output.Stream.Write("half"u8);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void AnExistingFileIsReplacedOnlyWhenAsked()
    {
        File.WriteAllText(_folder["f"], "old");
        var failure = Assert.Throws<OmegaException>(() => OutputFile.Create(_folder["f"], replace: false));
        Assert.Equal("file_exists", failure.Code);
        using (var output = OutputFile.Create(_folder["f"], replace: true))
        {
            output.Stream.Write("new"u8);
            output.Commit();
        }

        Assert.Equal("new", File.ReadAllText(_folder["f"]));
    }

    [Fact]
    public void AFileThatAppearedMeanwhileIsKept()
    {
        using var output = OutputFile.Create(_folder["f"], replace: false);
        output.Stream.Write("ours"u8);
        File.WriteAllText(_folder["f"], "theirs");
        Assert.Throws<OmegaException>(output.Commit);
        Assert.Equal("theirs", File.ReadAllText(_folder["f"]));
    }

    [Fact]
    public void FoldersAndMissingFoldersAreRefused()
    {
        foreach (var path in (string[])[_folder.Path, _folder["a/b"]])
        {
            var failure = Assert.Throws<OmegaException>(() => OutputFile.Create(path, replace: false));
            Assert.Equal(ExitCode.Usage, failure.Exit);
        }
    }
}
