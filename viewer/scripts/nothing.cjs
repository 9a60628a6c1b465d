// Stands for a part of dagre that is never needed here.
module.exports = () => {};
