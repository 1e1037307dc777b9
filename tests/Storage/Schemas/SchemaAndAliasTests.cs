using System.Security.Cryptography;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage.Tests.Schemas;

public sealed class SchemaAndAliasTests
{
    [Fact]
    public void SchemaBindsItsKindSurvivesReplayAndIsLifted()
    {
        using var test = new TestStore();
        test.Put([1], "before");
        test.Store.AddSchema("test.bytes", """{"properties":{"name":{"maxLength":3}}}"""u8, TestStore.Now(2));
        for (var round = 0; round < 3; round++)
        {
            var refused = Assert.Throws<StoreRefusedException>(() => test.Put([2], "too long"));
            Assert.Equal(("schema-violation", "/name"), (refused.Code, refused.Field));
            test.Put([(byte)round], "ok");
            test.Store.Idle(TestStore.Now(100 + round));
            if (round == 0) test.Reopen();
            else test.Crash();
        }

        using (var batch = test.Store.BeginBatch("replay"))
        {
            var request = new PutRequest { Type = "test.bytes", Brane = "replay", Meta = Name("too long") };
            Assert.Throws<StoreRefusedException>(() => batch.Add(0, request, new byte[] { 1 }));
        }

        test.Store.RemoveSchema("test.bytes", TestStore.Now(200));
        test.Put([2], "too long");
        test.Crash();
        Assert.Empty(test.Store.Schemas);
        Assert.Throws<StoreRefusedException>(() => test.Store.RemoveSchema("test.bytes", TestStore.Now(201)));
    }

    [Fact]
    public void SchemaThatCannotBeReadIsRefusedAtOnce()
    {
        using var test = new TestStore();
        var refused = Assert.Throws<StoreRefusedException>(
            () => test.Store.AddSchema("a.b", """{"$ref":"http://x/y"}"""u8, TestStore.Now(2)));
        Assert.Equal(("schema-refused", "/$ref"), (refused.Code, refused.Field));
        Assert.Equal("schema-kind", Assert.Throws<StoreRefusedException>(
            () => test.Store.AddSchema("Not A Tag", "true"u8, TestStore.Now(2))).Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    [InlineData(3_000_000)]
    public void Sha256FindsTheContentByPrefixAndAfterReplay(int size)
    {
        using var test = new TestStore();
        var bytes = TestStore.Bytes(1, size);
        test.Put(TestStore.Bytes(2, 10), "other");
        PutResult result;
        using (var put = test.Store.BeginPut(
            new PutRequest { Type = "test.bytes", Brane = "replay", Meta = Name("x"), WantsSha256 = true }))
        {
            put.Write(bytes);
            result = put.Complete(
                list => [TestStore.Attest(test.Store, list[0], "replay")], TestStore.Now(2));
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.Equal(digest, result.Sha256.ToString());
        foreach (var text in (string[])[$"sha256:{digest}", $"sha256:{digest[..8]}", digest[..12]])
        {
            test.Crash();
            Assert.True(IdText.TryParse(text, out var id));
            Assert.Equal(result.Key, Assert.Single(test.Store.Resolve(id, 5)).Key);
        }

        Assert.True(IdText.TryParse($"b3:{digest}", out var other));
        Assert.Empty(test.Store.Resolve(other, 5));
        Assert.True(IdText.TryParse($"sha256:{result.Content.Hash}", out other));
        Assert.Empty(test.Store.Resolve(other, 5));
    }

    [Fact]
    public void Sha256IsAddedToWhatIsThereAlready()
    {
        using var test = new TestStore();
        var plain = test.Put([1, 2, 3], "x");
        for (var i = 0; i < 2; i++)
        {
            using var put = test.Store.BeginPut(
                new PutRequest { Type = "test.bytes", Brane = "replay", Meta = Name("x"), WantsSha256 = true });
            put.Write([1, 2, 3]);
            var result = put.Complete(_ => throw new InvalidOperationException("attested already"), TestStore.Now(3));
            Assert.True(result.AlreadyThere);
            Assert.Equal(plain.Key, result.Key);
            Assert.Equal(Hash256.From(SHA256.HashData([1, 2, 3])), result.Sha256);
        }
    }

    private static Primitives.Cbor.CborValue.Map Name(string name) =>
        new([KeyValuePair.Create("name", (Primitives.Cbor.CborValue)new Primitives.Cbor.CborValue.Text(name))]);
}
