// Opens workbooks in ExcelJS and saves them anew: node resave.cjs FOLDER FILE …
const path = require('path');
const { Workbook } = require('exceljs');

(async () => {
  const [folder, ...files] = process.argv.slice(2);
  for (const file of files) {
    const book = new Workbook();
    await book.xlsx.readFile(file);
    await book.xlsx.writeFile(path.join(folder, path.basename(file)));
  }
})();
